"""A Keycloak that runs as a process on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision._lib.hints import hint
from provision._lib.urls import of_port
from provision.config.project_place import in_a_stack, is_in_a_stack
from provision.core.handler import LocalHandler, Observed
from provision.core.spec import NaturalKey, Outputs, Secret, Spec, Unordered
from provision.keycloak.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.runtimes.process.keycloak import KeycloakSettings, RunningKeycloak


class Keycloak(Spec, module="process"):
    """A Keycloak on localhost, with its data, log and pid record in a folder of its own.

    The first start makes the admin service account (Keycloak guide "Bootstrapping and recovering an admin account").
    After Keycloak died, the next ``up`` starts Keycloak again with its data. A running Keycloak of another version
    than the toolkit's keeps running; its next start is with the toolkit's version.
    """

    home: Annotated[str, NaturalKey] = Field(
        description="The folder for data, log and pid record; absolute, in the folder of a stack below the data folder."
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Left out, a free one is chosen and kept."
    )
    admin_client_id: str = Field(
        min_length=1, description="Client id of the admin service account, which is made at the first start."
    )
    admin_client_secret: Annotated[str, Secret] = Field(
        min_length=16, description="Its secret, at least 16 characters."
    )
    java_options: tuple[str, ...] = Field(
        default=(), description="More options of the Java machine, after our own; never a secret."
    )
    features: Annotated[tuple[str, ...], Unordered] = Field(
        default=(), description="Keycloak features to switch on besides the default ones."
    )


class KeycloakOutputs(Outputs):
    """The outputs of a running Keycloak."""

    url: str = Field(description="Its base address, without a trailing slash.")
    data_id: str | None = Field(
        default=None, description="Which data it has; new whenever the data was made anew."
    )


class KeycloakHandler(LocalHandler[Keycloak]):
    """The handler of Keycloak's process."""

    outputs = KeycloakOutputs

    def fill_defaults(self, spec: Keycloak, old: Keycloak | None) -> Keycloak:
        """Return the spec with the port that was chosen before, or with a free port at the first check."""
        from provision.runtimes.process.ports import with_port

        return with_port(spec, old)

    def preflight(self, spec: Keycloak) -> None:
        """Raise an error if the home is not in the folder of a stack."""
        in_a_stack(spec.home)

    def preview_outputs(self, spec: Keycloak) -> KeycloakOutputs | None:
        """Return the address, which follows from the port, or None if there is no port."""
        return KeycloakOutputs(url=of_port(spec.port)) if spec.port else None

    def needs_update(self, spec: Keycloak, outputs: Mapping[str, Any]) -> str | None:
        """Return why Keycloak needs an update: it died or its data changed. Return None if it needs no update.

        A running Keycloak of another version needs no update; the log names the version.
        """
        from provision.runtimes.process import keycloak, managed_process

        home = Path(spec.home)
        running, version = keycloak.running(home), keycloak.version(home)
        another = version is not None and version != VERSION
        if running is None:
            as_what = f"as {VERSION} instead of {version}, " if another else ""
            process = managed_process.running(home)
            is_lost = process is not None and not process.is_recorded
            what = "the record of its process is lost" if is_lost else "Keycloak is not running"
            return f"{what}; it is started again {as_what}with its data"
        if running.data_id != outputs.get("dataId"):
            return "Keycloak's data is not what it was"
        if keycloak.has_another_account(_settings(spec)):
            return "Keycloak's service account has another secret; it is set again"
        if another:
            self.context.log(
                f"Keycloak {version} goes on running; once its process ({running.pid}) has ended, {hint('up')} starts "
                f"{VERSION} with its data"
            )
        return None

    def find(self, key: Keycloak) -> Observed[Keycloak] | None:
        """Return Keycloak, running or not, or None if there is neither a process nor a folder."""
        from provision.runtimes.process import keycloak, managed_process

        home = Path(key.home)
        running = keycloak.running(home)
        if not home.exists() and managed_process.running(home) is None:
            return None
        return Observed(key.home, key, None if running is None else _outputs(running))

    def find_recorded(self, key: Keycloak, recorded: Mapping[str, Any]) -> Observed[Keycloak] | None:
        """Return Keycloak with the account that the state recorded, which the running Keycloak may still have."""
        found = self.find(key)
        if found is None:
            return None
        names = {"admin_client_id": "adminClientId", "admin_client_secret": "adminClientSecret"}
        account = {name: recorded[wire] for name, wire in names.items() if wire in recorded}
        return replace(found, spec=key.model_copy(update=account))

    def create(self, spec: Keycloak) -> KeycloakOutputs:
        """Start Keycloak and wait until its service account gets a token."""
        from provision.runtimes.process import keycloak

        in_a_stack(spec.home)
        return _outputs(keycloak.start(_settings(spec)))

    def update(self, found: Observed[Keycloak], spec: Keycloak) -> KeycloakOutputs:
        """Bring Keycloak to the declared state; another secret of the service account needs no restart."""
        from provision.runtimes.process import keycloak

        in_a_stack(spec.home)
        before = found.spec
        same_account = before.admin_client_id == spec.admin_client_id
        former = before.admin_client_secret if same_account else None
        return _outputs(keycloak.start(_settings(spec), former_secret=former))

    def delete(self, found: Observed[Keycloak]) -> None:
        """Stop Keycloak and remove its folder; a folder outside of the stacks, which a former state names, stays."""
        from provision.runtimes.process import keycloak, managed_process

        home = Path(found.spec.home)
        if is_in_a_stack(found.spec.home):
            keycloak.stop(home, remove_data=True)
        else:
            managed_process.terminate(home)


def _settings(spec: Keycloak) -> KeycloakSettings:
    from provision.runtimes.process.keycloak import KeycloakSettings

    assert spec.port is not None  # noqa: S101 - every check fills in the port
    return KeycloakSettings(
        home=Path(spec.home),
        port=spec.port,
        admin_client_id=spec.admin_client_id,
        admin_client_secret=spec.admin_client_secret,
        java_options=spec.java_options,
        features=spec.features,
    )


def _outputs(running: RunningKeycloak) -> KeycloakOutputs:
    return KeycloakOutputs(url=running.url, data_id=running.data_id)
