"""What a stack in containers declares, with Pulumi's mocks in place of the engine and of Docker's plugin."""

from __future__ import annotations

import inspect
import json
import re

import pulumi_docker
import pytest
from pulumi.runtime.mocks import MockMonitor

from provision.runtimes.docker import health
from tests.support.certificate_authority import Authority
from tests.support.mocked_program import Recorder, declared_by

_KINDS = {
    "docker:index/container:Container": pulumi_docker.Container,
    "docker:index/network:Network": pulumi_docker.Network,
    "docker:index/remoteImage:RemoteImage": pulumi_docker.RemoteImage,
    "docker:index/volume:Volume": pulumi_docker.Volume,
}


class Unhidden(Recorder):
    """Keeps what is declared as it is declared, with Pulumi's marks on secrets; a generated one comes without."""

    def __init__(self):
        super().__init__()
        self.declared = {}

    def new_resource(self, args):
        self.declared[args.name, args.typ] = dict(args.inputs)
        return super().new_resource(args)


class Declared:
    """What a stack declares.

    Args:
        made: Inputs by name and type.
    """

    def __init__(self, made):
        self.made = made

    def of(self, kind):
        """The inputs of all resources of a kind of Docker's, by name."""
        return {
            name: inputs
            for (name, typ), inputs in self.made.items()
            if typ.startswith("docker:") and typ.endswith(f":{kind}")
        }

    def container(self, name):
        return self.of("Container")[name]

    def file(self, container, path):
        """How a file of a container is declared, and whether as a secret."""
        found = []
        for taker in (f"{container}-files", f"{container}-tls", f"{container}-secrets"):
            uploads = self.of("Container").get(taker, {}).get("uploads", [])
            secret = isinstance(uploads, dict)
            items = uploads["value"] if secret else uploads
            found += [(item, secret) for item in items if item["file"] == path]
        (only,) = found
        return only

    def settings(self, container):
        upload, _ = self.file(container, "/run/mcp/settings.json")
        return json.loads(upload["content"])


def declare(kind=Unhidden, **values):
    """Declare a stack in containers; gives the inputs by name and kind."""
    server = {} if "servers" in values else {"server": {"port": 3000}}
    declared = declared_by({"runtime": "docker", "keycloak": {"port": 8080}, **server, **values}, kind)
    return Declared(declared.declared)


def test_names_and_labels_tell_the_stack():
    found = declare()
    names = {
        kind: {name: inputs["name"] for name, inputs in found.of(kind).items()}
        for kind in ("Container", "Network", "Volume")
    }
    assert names == {
        "Container": {
            "keycloak": "provision-dev-keycloak",
            "keycloak-secrets": "provision-dev-keycloak-secrets",
            "calculator": "provision-dev-calculator",
            "calculator-files": "provision-dev-calculator-files",
            "calculator-secrets": "provision-dev-calculator-secrets",
        },
        "Network": {"network": "provision-dev"},
        "Volume": {
            "keycloak-data": "provision-dev-keycloak-data",
            "keycloak-files": "provision-dev-keycloak-files",
            "calculator-files": "provision-dev-calculator-files",
        },
    }
    for kind in names:
        for inputs in found.of(kind).values():
            assert {"label": "mcp-provision.stack", "value": "provision-dev"} in inputs["labels"]
    images = found.of("RemoteImage").values()
    assert {image["build"]["label"]["mcp-provision.stack"] for image in images} == {"provision-dev"}


def test_an_image_is_named_by_its_content():
    for name, image in declare().of("RemoteImage").items():
        assert re.fullmatch(rf"provision-dev-{name.removesuffix('-image')}:[0-9a-f]{{16}}", image["name"])
        assert image["triggers"]["content"].startswith(image["name"].rpartition(":")[2])


def test_ports_are_published_on_loopback_only():
    found = declare()
    ports = {name: inputs["ports"] for name, inputs in found.of("Container").items() if "ports" in inputs}
    assert ports == {
        "keycloak": [{"internal": 8080, "external": 8080, "ip": "127.0.0.1"}],
        "calculator": [{"internal": 3000, "external": 3000, "ip": "127.0.0.1"}],
    }


def test_keycloak_has_one_name_for_browsers_and_another_for_containers():
    found = declare()
    keycloak = found.container("keycloak")
    assert "--hostname=http://localhost:8080" in keycloak["command"]
    assert keycloak["networksAdvanced"] == [{"name": "provision-dev", "aliases": ["keycloak"]}]
    settings = found.settings("calculator")
    assert settings["issuer"] == "http://localhost:8080/realms/mcp"
    inside = "http://keycloak:8080/realms/mcp/protocol/openid-connect"
    assert settings["introspection_url"] == f"{inside}/token/introspect"
    assert settings["jwks_url"] == f"{inside}/certs"


def test_the_server_gets_the_settings_of_the_stack_file():
    server = {"port": 3000, "verifier": "jwt", "toolScopes": {"add_numbers": ["mcp:math"]}, "metrics": True}
    settings = declare(server=server).settings("calculator")
    assert {name: settings[name] for name in ("name", "url", "host", "port", "verifier", "metrics")} == {
        "name": "calculator",
        "url": "http://localhost:3000/mcp",
        "host": "0.0.0.0",
        "port": 3000,
        "verifier": "jwt",
        "metrics": True,
    }
    assert settings["tool_scopes"] == {"add_numbers": ["mcp:math"]}
    assert settings["introspection_client_id"] == "mcp-server"
    assert "introspection_client_secret" not in settings


def test_settings_can_be_read_in_a_preview_and_secrets_cannot():
    found = declare()
    _, secret = found.file("calculator", "/run/mcp/settings.json")
    assert not secret
    for container, path, content in (
        ("calculator", "/run/mcp/introspection-secret", "generated-introspection-client-secret"),
        ("keycloak", "/run/keycloak/admin.sql", "generated-admin-client-secret"),
    ):
        upload, secret = found.file(container, path)
        assert secret, path
        assert content in upload["content"]
    in_clear = {name: inputs for name, inputs in found.of("Container").items() if "-secrets" not in name}
    assert "generated-" not in json.dumps(in_clear)


@pytest.mark.parametrize(
    ("container", "path", "user"),
    [
        ("calculator", "/run/mcp/settings.json", "10001:10001"),
        ("calculator", "/run/mcp/introspection-secret", "10001:10001"),
        ("keycloak", "/run/keycloak/admin.sql", "1000:0"),
    ],
)
def test_the_containers_user_alone_may_read_a_file(container, path, user):
    found = declare()
    upload, _ = found.file(container, path)
    assert f"{upload['owner']}:{upload['group']} {upload['permissions']}" == f"{user} 0400"
    assert found.container(container)["user"] == user


def test_files_lie_in_a_volume_that_the_running_container_cannot_write():
    found = declare()
    runner = found.container("calculator")
    volume = {"volumeName": "provision-dev-calculator-files", "containerPath": "/run/mcp"}
    for taker in (found.container("calculator-files"), found.container("calculator-secrets")):
        assert taker["volumes"] == [volume]
        assert taker["start"] is False
    assert runner["volumes"] == [{**volume, "readOnly": True}]
    made_of = {"label": "mcp-provision.files", "value": "calculator-files"}
    assert made_of in runner["labels"], "the reference server reads its secret again by itself"


def test_a_server_of_your_own_is_made_anew_for_a_new_secret():
    runner = declare(server={"port": 3000, "image": "example.org/weather:1"}).container("calculator")
    made_of = {"label": "mcp-provision.files", "value": "calculator-files calculator-secrets"}
    assert made_of in runner["labels"]


def test_keycloaks_data_lie_in_a_volume_of_their_own():
    volumes = {item["containerPath"]: item for item in declare().container("keycloak")["volumes"]}
    assert volumes["/opt/keycloak/data"] == {
        "volumeName": "provision-dev-keycloak-data",
        "containerPath": "/opt/keycloak/data",
        "readOnly": False,
    }
    assert volumes["/run/keycloak"]["readOnly"] is True


@pytest.mark.parametrize("name", ["keycloak", "calculator"])
def test_a_container_is_declared_with_as_few_rights_as_it_can_do_with(name):
    declared = declare().container(name)
    assert declared["readOnly"] is True
    assert declared["capabilities"] == {"drops": ["ALL"]}
    assert declared["securityOpts"] == ["no-new-privileges"]
    assert declared["memory"] == declared["memorySwap"] > 0
    assert declared["ipcMode"] == "private"
    assert declared["restart"] == "unless-stopped"
    assert declared["logDriver"] == "json-file"
    assert declared["logOpts"] == {"max-size": "10m", "max-file": "3"}
    assert set(declared["tmpfs"]) == {"/tmp"}
    assert not {"privileged", "pidMode", "networkMode", "devices", "usernsMode"} & set(declared)


def test_a_server_of_your_own_is_its_image_and_finds_its_settings():
    image = "registry.example.org/weather@sha256:" + "0" * 64
    found = declare(server={"port": 3000, "name": "weather", "image": image})
    assert list(found.of("RemoteImage")) == ["keycloak-image"]
    own = found.container("weather")
    assert own["image"] == image
    assert own["envs"] == ["MCP_SETTINGS_FILE=/run/mcp/settings.json"]
    assert "entrypoints" not in own
    assert found.settings("weather")["name"] == "weather"


def test_several_servers_have_containers_files_and_secrets_of_their_own():
    servers = [{"name": "calculator", "port": 3000}, {"name": "weather", "port": 3001}]
    found = declare(servers=servers)
    assert {"calculator", "weather"} < set(found.of("Container"))
    assert found.settings("weather")["url"] == "http://localhost:3001/mcp"
    assert found.settings("weather")["scopes"] == ["mcp:weather"]
    secrets = {
        name: found.file(name, "/run/mcp/introspection-secret")[0]["content"]
        for name in ("calculator", "weather")
    }
    assert secrets["calculator"] != secrets["weather"]


def test_a_certificate_comes_into_the_container_and_its_key_as_secret_files(tmp_path):
    pair = Authority(tmp_path / "certs").issue()
    files = {"tlsCertificateFile": str(pair.certificate), "tlsKeyFile": str(pair.key)}
    found = declare(server={"port": 3000, **files})
    settings = found.settings("calculator")
    assert settings["url"] == "https://localhost:3000/mcp"
    assert settings["tls_certificate_file"] == "/run/mcp/tls.crt"
    assert settings["tls_key_file"] == "/run/mcp/tls.key"
    assert "tls_terminated_by_proxy" not in settings
    for path, file, is_secret in (
        ("/run/mcp/tls.crt", pair.certificate, True),
        ("/run/mcp/tls.key", pair.key, True),
    ):
        upload, secret = found.file("calculator", path)
        assert upload["content"] == file.read_text()
        assert secret is is_secret
        assert (upload["permissions"], upload["owner"], upload["group"]) == ("0400", "10001", "10001")
    runner = found.container("calculator")
    assert '/run/mcp/tls.crt"' in runner["healthcheck"]["tests"][-1]
    assert str(pair.key) not in json.dumps([runner, settings]), "the container has its own copy"
    plain = declare()
    assert plain.settings("calculator")["tls_terminated_by_proxy"] is True
    assert "ssl" not in plain.container("calculator")["healthcheck"]["tests"][-1]


def test_options_of_the_java_machine_stand_before_the_main_class():
    keycloak = declare(keycloak={"port": 8080, "javaOptions": ["-Xmx640m"]}).container("keycloak")
    *_, option, main = keycloak["entrypoints"]
    assert option == "-Xmx640m"
    assert main.startswith("org.keycloak.")


@pytest.mark.parametrize(
    "change",
    [
        {"docker": {"baseImages": {"python": "python@sha256:" + "2" * 64}}},
        {"docker": {"baseImages": {"keycloak": "keycloak@sha256:" + "2" * 64}}},
        {"realm": {"resourceIndicators": True}},
    ],
    ids=["python", "keycloak", "feature"],
)
def test_another_base_or_feature_is_another_name(change):
    """The plugin removes the former image by its name: under the same name it would remove the new one."""
    before, after = (declare(**values).of("RemoteImage")["keycloak-image"] for values in ({}, change))
    assert before["build"]["buildArgs"] != after["build"]["buildArgs"]
    assert before["name"] != after["name"]


def test_features_and_bases_are_what_the_image_is_built_with():
    bases = {"keycloak": "quay.io/keycloak/keycloak@sha256:" + "1" * 64}
    arguments = declare(docker={"baseImages": bases}).of("RemoteImage")["keycloak-image"]["build"]
    assert arguments["buildArgs"]["BASE"] == bases["keycloak"]
    assert arguments["buildArgs"]["PYTHON"].startswith("python:")


def test_requests_from_this_machine_come_from_the_networks_gateway_and_are_trusted():
    found = declare()
    (policy,) = [inputs for (_, typ), inputs in found.made.items() if typ.endswith(":TrustedHostsPolicy")]
    assert "172.18.0.1" in policy["trustedHosts"]


def test_the_server_does_not_wait_for_keycloak(monkeypatch):
    after = {}
    register = MockMonitor.RegisterResource

    def seen(self, request):
        after[request.name] = {urn.rpartition("::")[2] for urn in request.dependencies}
        return register(self, request)

    class OfThisTest(Unhidden):
        """Mocks with which nothing was declared before."""

    monkeypatch.setattr(MockMonitor, "RegisterResource", seen)
    declare(OfThisTest)
    assert after["keycloak"] >= {"network", "keycloak-data", "keycloak-image"}
    for name in ("calculator", "calculator-files", "calculator-secrets"):
        assert not [
            other for other in after[name] if other.startswith("keycloak") and other != "keycloak-port"
        ]


def test_only_what_the_published_plugin_knows_is_declared():
    servers = [{"name": "one", "port": 3000}, {"name": "two", "port": 3001, "image": "own"}]
    found = declare(servers=servers, keycloak={"port": 8080, "javaOptions": ["-Xmx640m"]})
    for (_, typ), inputs in found.made.items():
        if typ in _KINDS:
            known = inspect.signature(_KINDS[typ]._internal_init).parameters
            assert {_snake(name) for name in inputs} <= set(known), typ


def _snake(name):
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


@pytest.mark.parametrize("duration", [health.INTERVAL, health.TIMEOUT])
def test_durations_are_written_as_go_writes_them(duration):
    """What a refresh reads has this form; another one were a change for ever."""
    written = re.fullmatch(r"[1-9]\d{0,2}ms|([1-9]m)?(0|[1-5]?[1-9]|[1-5]0)s", duration)
    assert written
    assert duration != "0s"


def test_a_check_that_waits_as_long_as_it_may_is_not_cut_off():
    minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(\d+)s", health.TIMEOUT).groups(default="0")
    longest = max(health.START_SECONDS, health.QUIET_SECONDS + health.AGAIN_SECONDS) + health.ANSWER_SECONDS
    assert int(minutes) * 60 + int(seconds) >= longest
