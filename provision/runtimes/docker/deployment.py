"""Keycloak and MCP servers in containers, declared to Pulumi by pulumi-docker; published on loopback only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_docker
from pulumi import Output, ResourceOptions

from provision._lib.urls import of_port
from provision.resources import docker
from provision.runtimes.deployment import StartedKeycloak, StartedServer
from provision.runtimes.docker import health, keycloak_database, keycloak_image, server_image
from provision.runtimes.docker.containers import FILES_LABEL, LABEL, MARK_LABEL
from provision.server.settings import stack_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from provision.config.server import ServerConfig
    from provision.runtimes.deployment import Placement, ServerNeeds

_LOOPBACK = "127.0.0.1"
_KEYCLOAK = "keycloak"
"""Keycloak's name in the network of the stack."""
_SERVER_PORT = 3000
_READY_SECONDS = 120
_STOP_SECONDS = 10
_KEYCLOAK_MEGABYTES = 1024
_SERVER_MEGABYTES = 512


@dataclass(frozen=True, kw_only=True)
class _Container:
    """What differs between the containers of a stack.

    Args:
        name: Its name in the network.
        image: Its image.
        user: The user that it runs as, ``UID:GID``.
        folder: Where its files are.
        files: Their contents by their absolute paths.
        secret_files: Those of which the content is a secret.
        port: The port that it listens on, and the one of this machine that this is published on.
        healthcheck: The command that tells whether it is ready.
        tmpfs: Folders in memory, with their options.
        megabytes: The memory that it may have.
        volumes: Further volumes by their folder.
        arguments: Further arguments of the resource.
    """

    name: str
    image: Output[str]
    user: str
    folder: str
    secret_files: Mapping[str, Output[str]]
    port: tuple[int, Output[int]]
    healthcheck: Sequence[str]
    tmpfs: Mapping[str, str]
    megabytes: int
    files: Mapping[str, Output[str]] = field(default_factory=dict)
    volumes: Mapping[str, Output[str]] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)


class DockerDeployment:
    """See :class:`provision.runtimes.deployment.Deployment`.

    Args:
        placement: Where the stack is; in its folder the contexts of images are laid out.
    """

    def __init__(self, placement: Placement) -> None:
        self._config = placement.config
        self._name = placement.name
        self._home = placement.home
        self._bases = placement.config.docker.base_images
        self._opts = placement.opts
        self._mark = placement.mark
        self._network = pulumi_docker.Network(
            "network",
            name=self._name,
            driver="bridge",
            labels=self._labels(pulumi_docker.NetworkLabelArgs),
            opts=self._opts,
        )

    def keycloak(self, admin_secret: Output[str]) -> StartedKeycloak | None:
        """Start Keycloak."""
        config = self._config
        volume = self._volume("keycloak-data")
        port = docker.Port("keycloak-port", name=_KEYCLOAK, port=config.keycloak.port, opts=self._opts).port
        url = port.apply(lambda number: of_port(int(number)))
        account = config.keycloak.admin_client_id
        script = admin_secret.apply(lambda secret: keycloak_database.admin_script(account, secret))
        features = ",".join(config.features)
        container = self._container(
            _Container(
                name=_KEYCLOAK,
                image=self._image(
                    _KEYCLOAK,
                    keycloak_image.write_context,
                    {
                        "BASE": self._bases.get("keycloak", keycloak_image.BASE),
                        "PYTHON": self._bases.get("python", server_image.BASE),
                        "FEATURES": features,
                    },
                ),
                user=keycloak_image.USER,
                folder=str(keycloak_image.FILES),
                secret_files={str(keycloak_image.ADMIN_SCRIPT): script},
                port=(keycloak_image.PORT, port),
                healthcheck=keycloak_image.HEALTH_CHECK,
                tmpfs=keycloak_image.TMPFS,
                megabytes=_KEYCLOAK_MEGABYTES,
                volumes={str(keycloak_image.DATA): volume.name},
                arguments={
                    "entrypoints": list(keycloak_image.entrypoint(config.keycloak.java_options)),
                    "command": url.apply(lambda address: list(keycloak_image.command(address))),
                },
            )
        )
        gateways = self._network.ipam_configs.apply(
            lambda found: [str(item.gateway) for item in found or () if item.gateway]
        )
        return StartedKeycloak(
            resource=container,
            url=Output.all(url, container.id).apply(lambda found: str(found[0])),
            planned_url=url,
            data_id=lambda provider: self._data_id(container, provider),
            senders=gateways,
        )

    def _data_id(self, keycloak: pulumi_docker.Container, provider: pulumi.ProviderResource) -> Output[str]:
        """Return which data Keycloak has; only Keycloak itself can tell."""
        own = ResourceOptions(parent=self._opts.parent, provider=provider, deleted_with=keycloak)
        found: Output[str] = docker.ServerData("keycloak-data", runs_in=keycloak.id, opts=own).data_id
        return found

    def server(self, config: ServerConfig, needs: ServerNeeds) -> StartedServer:
        """Start an MCP server."""
        port = docker.Port(f"{config.name}-port", name=config.name, port=config.port, opts=self._opts).port
        certificate = _copied(config.tls_certificate_file, server_image.TLS_CERTIFICATE)
        base = port.apply(lambda number: of_port(int(number), tls=bool(certificate)))
        settings = Output.all(needs.issuer, base).apply(
            lambda found: json.dumps(_settings(config, needs, *found), indent=2)
        )
        image = (
            Output.from_input(config.image)
            if config.image
            else self._image(
                config.name,
                server_image.write_context,
                {"BASE": self._bases.get("python", server_image.BASE)},
            )
        )
        own = {"envs": [f"MCP_SETTINGS_FILE={server_image.SETTINGS}"]} if config.image else {}
        self._container(
            _Container(
                name=config.name,
                image=image,
                user=server_image.USER,
                folder=server_image.FOLDER,
                files={server_image.SETTINGS: settings, **certificate},
                secret_files={
                    server_image.SECRET: needs.client_secret,
                    **_copied(config.tls_key_file, server_image.TLS_KEY),
                },
                port=(_SERVER_PORT, port),
                healthcheck=server_image.health_check(
                    _SERVER_PORT, certificate=server_image.TLS_CERTIFICATE if certificate else None
                ),
                tmpfs=server_image.TMPFS,
                megabytes=_SERVER_MEGABYTES,
                arguments=own or {"entrypoints": list(server_image.ENTRYPOINT)},
            )
        )
        return StartedServer(
            url=Output.concat(base, "/mcp"),
            resource_metadata=Output.concat(base, "/.well-known/oauth-protected-resource/mcp"),
        )

    def _image(
        self, name: str, write_context: Callable[[Path], str], arguments: Mapping[str, str]
    ) -> Output[str]:
        """An image of ours; the same content is the same image."""
        folder = self._home / "images" / name
        digest = write_context(folder)
        built = pulumi_docker.RemoteImage(
            f"{name}-image",
            name=f"{self._name}-{name}:{digest[:16]}",
            build=pulumi_docker.RemoteImageBuildArgs(
                context=str(folder),
                build_args=dict(arguments),
                labels={LABEL: self._name},
            ),
            triggers={"content": digest},
            opts=self._opts,
        )
        return built.image_id

    def _volume(self, name: str) -> pulumi_docker.Volume:
        return pulumi_docker.Volume(
            name,
            name=f"{self._name}-{name}",
            labels=self._labels(pulumi_docker.VolumeLabelArgs),
            opts=self._opts,
        )

    def _container(self, what: _Container) -> pulumi_docker.Container:
        """A container with as few rights as it can do with: docs/docker.md, each line of which is held by a test."""
        files, label = self._files(what)
        internal, external = what.port
        mounts = {what.folder: (files.name, True)} | {
            path: (volume, False) for path, volume in what.volumes.items()
        }
        return pulumi_docker.Container(
            what.name,
            name=f"{self._name}-{what.name}",
            hostname=what.name,
            image=what.image,
            user=what.user,
            networks_advanced=[
                pulumi_docker.ContainerNetworksAdvancedArgs(name=self._network.name, aliases=[what.name])
            ],
            ports=[pulumi_docker.ContainerPortArgs(internal=internal, external=external, ip=_LOOPBACK)],
            volumes=[
                pulumi_docker.ContainerVolumeArgs(
                    volume_name=volume, container_path=path, read_only=read_only
                )
                for path, (volume, read_only) in mounts.items()
            ],
            tmpfs=dict(what.tmpfs),
            read_only=True,
            capabilities=pulumi_docker.ContainerCapabilitiesArgs(drops=["ALL"]),
            security_opts=["no-new-privileges"],
            memory=what.megabytes,
            memory_swap=what.megabytes,  # the sum of both, so nothing is swapped
            ipc_mode="private",
            restart="unless-stopped",
            healthcheck=pulumi_docker.ContainerHealthcheckArgs(
                tests=list(what.healthcheck),
                interval=health.INTERVAL,
                timeout=health.TIMEOUT,
                retries=health.RETRIES,
            ),
            wait=True,
            wait_timeout=_READY_SECONDS,
            destroy_grace_seconds=_STOP_SECONDS,
            labels=self._labels(pulumi_docker.ContainerLabelArgs, {FILES_LABEL: label}),
            opts=ResourceOptions.merge(
                self._opts,
                # Where the kernel cannot limit swap, Docker says -1, whatever is declared.
                ResourceOptions(delete_before_replace=True, ignore_changes=["memorySwap"]),
            ),
            **what.arguments,
        )

    def _files(self, what: _Container) -> tuple[pulumi_docker.Volume, Output[str]]:
        """The volume with a container's files, and the ids of what put them there.

        Docker puts no file into a container with a read-only root, so others take them, which are never started: one
        what anybody may see in a preview, and one the secrets, since one secret hides all that is declared beside it.
        """
        volume = self._volume(f"{what.name}-files")
        hidden: dict[str, Output[str]] = {
            path: Output.secret(content) for path, content in what.secret_files.items()
        }
        takers = [
            self._taker(f"{what.name}-{kind}", what, volume, contents)
            for kind, contents in (("files", what.files), ("secrets", hidden))
            if contents
        ]
        return volume, Output.all(*(taker.id for taker in takers)).apply(" ".join)

    def _taker(
        self, name: str, what: _Container, volume: pulumi_docker.Volume, contents: Mapping[str, Output[str]]
    ) -> pulumi_docker.Container:
        owner, _, group = what.user.partition(":")
        return pulumi_docker.Container(
            name,
            name=f"{self._name}-{name}",
            image=what.image,
            start=False,
            must_run=False,
            volumes=[pulumi_docker.ContainerVolumeArgs(volume_name=volume.name, container_path=what.folder)],
            uploads=[
                pulumi_docker.ContainerUploadArgs(
                    file=path, content=content, permissions="0400", owner=owner, group=group
                )
                for path, content in contents.items()
            ],
            labels=self._labels(pulumi_docker.ContainerLabelArgs),
            opts=ResourceOptions.merge(self._opts, ResourceOptions(delete_before_replace=True)),
        )

    def _labels(self, kind: Any, more: Mapping[str, pulumi.Input[str]] | None = None) -> list[Any]:
        labels: dict[str, pulumi.Input[str]] = {LABEL: self._name, MARK_LABEL: self._mark, **(more or {})}
        return [kind(label=label, value=value) for label, value in labels.items()]


def _settings(config: ServerConfig, needs: ServerNeeds, issuer: str, base: str) -> dict[str, Any]:
    """What the server reads; Keycloak has another address in the network than its issuer says."""
    return stack_settings(
        config,
        name=config.name,
        listens=("0.0.0.0", _SERVER_PORT),  # noqa: S104 - of the container; it is published on loopback only
        url=f"{base}/mcp",
        issuer=issuer,
        realm_url=f"http://{_KEYCLOAK}:{keycloak_image.PORT}/realms/{issuer.rpartition('/')[2]}",
        scopes=[needs.scope],
        client_id=needs.client_id,
        secret_file=server_image.SECRET,
        **_tls_settings(config),
    )


def _tls_settings(config: ServerConfig) -> dict[str, Any]:
    if config.tls_certificate_file is None:
        return {"tls_terminated_by_proxy": True}
    return {"tls_certificate_file": server_image.TLS_CERTIFICATE, "tls_key_file": server_image.TLS_KEY}


def _copied(file: Path | None, path: str) -> dict[str, Output[str]]:
    """A file of this machine as one of a container; none where none is named."""
    return {} if file is None else {path: Output.from_input(file.read_text())}
