"""Realms of 10, 100 and 1,000 objects: first ``up``, nothing to do, drift, ``destroy``; beside a python-keycloak script.

``make bench-scale`` prints a table and writes ``benchmarks/results/scale.json``; last comes ``provision audit`` of a realm of
1,000 clients. A quarter of the objects are client scopes,
a quarter audience mappers of those, a quarter realm roles, a quarter clients. The program is a YAML one, run by plain
``pulumi`` with the provider as a plugin; ``PULUMI_SKIP_CHECKPOINTS`` is safe with it, since its journal remembers what a killed
run made. (A Python program of 1,000 resources costs twice the time in Pulumi's own SDK.)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.requirements import yaml_language_host

if TYPE_CHECKING:
    from keycloak import KeycloakAdmin

    from provision.runtimes.process.keycloak import RunningKeycloak

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "scale.json"
SIZES = (10, 100, 1000)
_ADMIN = "bench"
_AUDITED_CLIENTS = 1000
_BROKEN = 3
"""The exit code of an audit that finds something."""


def main() -> None:
    """Run all sizes and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of objects")
    options = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as folder:
        home, secret = Path(folder), secrets.token_urlsafe(24)
        running = _keycloak(home, secret)
        try:
            for size in options.sizes:
                results[str(size)] = _script(running, secret, size) | _ours(home, running, secret, size)
                _print(size, results)
            results[f"{_AUDITED_CLIENTS} clients"] = _audit(running, secret)
            _print(f"{_AUDITED_CLIENTS} clients", results)
        finally:
            from provision.runtimes.process import keycloak

            keycloak.stop(home / "keycloak", remove_data=True)
    _write(results)


def _print(key: int | str, results: dict[str, dict[str, float]]) -> None:
    print(key, {name: round(value, 2) for name, value in results[str(key)].items()}, flush=True)


def _keycloak(home: Path, secret: str) -> RunningKeycloak:
    from provision._lib.progress import Silent
    from provision.runtimes.process import keycloak, ports
    from provision.runtimes.process.preparation import prepare

    prepare(Silent())
    settings = keycloak.KeycloakSettings(
        home=home / "keycloak", port=ports.pick_free(), admin_client_id=_ADMIN, admin_client_secret=secret
    )
    return keycloak.start(settings)


def _script(running: RunningKeycloak, secret: str, size: int) -> dict[str, float]:
    """The same objects, one by one, as a script with python-keycloak makes them."""
    realm = f"script-{size}"
    admin = _admin(running, secret)
    began = time.perf_counter()
    admin.create_realm({"realm": realm, "enabled": True})
    admin.change_current_realm(realm)
    for number in range(size // 4):
        scope = admin.create_client_scope({"name": f"scope-{number}", "protocol": "openid-connect"})
        admin.add_mapper_to_client_scope(scope, _mapper(number))
        admin.create_realm_role({"name": f"role-{number}"})
        admin.create_client({"clientId": f"client-{number}", "publicClient": True})
    return {"script": time.perf_counter() - began}


def _admin(running: RunningKeycloak, secret: str) -> KeycloakAdmin:
    from keycloak import KeycloakAdmin, KeycloakOpenIDConnection

    connection = KeycloakOpenIDConnection(
        server_url=running.url, realm_name="master", client_id=_ADMIN, client_secret_key=secret
    )
    return KeycloakAdmin(connection=connection)


def _audit(running: RunningKeycloak, secret: str) -> dict[str, float]:
    """The whole command, with Keycloak's caches cold."""
    realm, at_once = "audited", 200
    admin = _admin(running, secret)
    admin.create_realm({"realm": realm, "enabled": True})
    admin.change_current_realm(realm)
    for first in range(0, _AUDITED_CLIENTS, at_once):
        clients = [
            {"clientId": f"client-{number}", "publicClient": True, "protocolMappers": [_mapper(number)]}
            for number in range(first, first + at_once)
        ]
        admin.partial_import_realm(realm, {"ifResourceExists": "FAIL", "clients": clients})
    admin.clear_realm_cache()
    where = ["--url", running.url, "--realm", realm, "--client-id", _ADMIN, "--auth-realm", "master"]
    command = [str(Path(sys.executable).with_name("provision")), "audit", *where, "--format", "json"]
    began = time.perf_counter()
    done = subprocess.run(command, input=f"{secret}\n", capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode != _BROKEN:
        raise SystemExit(f"the audit ended with {done.returncode}:\n{done.stderr}")
    return {"audit": took, "findings": len(json.loads(done.stdout)["findings"])}


def _mapper(number: int) -> dict[str, Any]:
    return {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {
            "included.custom.audience": f"https://mcp.example.org/{number}",
            "access.token.claim": "true",
        },
    }


def _ours(home: Path, running: RunningKeycloak, secret: str, size: int) -> dict[str, float]:
    """The same objects by plain ``pulumi`` and a YAML program, whose host costs little."""
    from provision._lib.progress import Silent
    from provision.engine.pulumi_cli import find_or_install

    work = home / f"work-{size}"
    (work / "state").mkdir(parents=True)
    document = _document(running.url, secret, size)
    (work / "Pulumi.yaml").write_text(json.dumps(document))  # JSON is YAML
    executables = [find_or_install(Silent()).parent, yaml_language_host(Silent())]
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": f"file://{work / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_SKIP_CHECKPOINTS": "true",
        "PROVISION_DATA_DIR": str(home / "data"),
        "PATH": os.pathsep.join([*map(str, executables), os.environ["PATH"]]),
    }

    def pulumi(*arguments: str) -> float:
        began = time.perf_counter()
        subprocess.run(
            ["pulumi", *arguments], cwd=work, env=environment, check=True, stdout=subprocess.DEVNULL
        )
        return time.perf_counter() - began

    pulumi("stack", "init", "bench")
    figures = {
        "up": pulumi("up", "--yes", "--skip-preview"),
        "nothing to do": pulumi("preview", "--expect-no-changes"),
        "drift": pulumi("preview", "--refresh", "--expect-no-changes"),
        "destroy": pulumi("destroy", "--yes", "--skip-preview"),
    }
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return figures | {"largest child, MiB": peak / 1024}


def _document(url: str, secret: str, size: int) -> dict[str, Any]:
    """The program."""
    inside = {"provider": "${here}", "deletedWith": "${realm}"}
    realm = {"realm": "${realm.name}"}
    found: dict[str, Any] = {
        "here": {
            "type": "pulumi:providers:provision",
            "properties": {"url": url, "clientId": _ADMIN, "clientSecret": {"fn::secret": secret}},
        },
        "realm": {
            "type": "provision:keycloak:Realm",
            "properties": {"name": f"ours-{size}"},
            "options": {"provider": "${here}"},
        },
    }
    for number in range(size // 4):
        mapper = {
            "scope": f"${{scope-{number}.name}}",
            "name": "audience",
            "includedCustomAudience": f"https://mcp.example.org/{number}",
        }
        for kind, name, properties in (
            ("ClientScope", "scope", {"name": f"scope-{number}"}),
            ("AudienceMapper", "mapper", mapper),
            ("RealmRole", "role", {"name": f"role-{number}"}),
            ("Client", "client", {"clientId": f"client-{number}"}),
        ):
            found[f"{name}-{number}"] = {
                "type": f"provision:keycloak:{kind}",
                "properties": {**realm, **properties},
                "options": inside,
            }
    plugins = {"providers": [{"name": "provision", "path": str(Path(sys.executable).parent)}]}
    return {"name": "scale", "runtime": "yaml", "plugins": plugins, "resources": found}


def _write(results: dict[str, dict[str, float]]) -> None:
    document = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "seconds": {size: {name: round(v, 3) for name, v in row.items()} for size, row in results.items()},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
