"""Keycloak and MCP servers in containers, declared to Pulumi by pulumi-docker; published on loopback only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_docker
from pulumi import Output, ResourceOptions

from provision._lib.urls import of_port
from provision.resources import docker
from provision.runtimes.deployment import StartedKeycloak, StartedServer
from provision.runtimes.docker import data_volume, health, keycloak_database, keycloak_image, server_image
from provision.runtimes.docker.containers import FILES_LABEL, LABEL, MARK_LABEL
from provision.server.settings import stack_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from provision.config.server import ServerConfig
    from provision.runtimes.deployment import Placement, ServerNeeds

_LOOPBACK = "127.0.0.1"
_KEYCLOAK = "keycloak"
"""Keycloak's host name in the network of the stack."""
_SERVER_PORT = 3000
_KEYCLOAK_MEGABYTES = 1024
_SERVER_MEGABYTES = 512
_LOG_LIMITS = {"max-size": "10m", "max-file": "3"}  # a stranger's failed logins are lines in a log


@dataclass(frozen=True, kw_only=True)
class _Upload:
    """Files that one helper container receives: one secret hides every value declared beside it.

    Args:
        kind: What the files are, for the helper container's name.
        contents: The contents of the files, by absolute path.
        secret: Whether a preview must not show the files.
        reread: Whether the program in the container reads the files again by itself, so that new content needs no new
            container.
    """

    kind: str
    contents: Mapping[str, Output[str]]
    secret: bool = True
    reread: bool = False


@dataclass(frozen=True, kw_only=True)
class _Container:
    """The properties that differ between the containers of a stack.

    Args:
        name: The container's host name in the network.
        image: The container's image.
        user: The user that the container runs as, ``UID:GID``.
        folder: The folder of the container's files.
        uploads: The files that the container reads.
        port: The container's port, and the port of this machine on which the container's port is published.
        healthcheck: The command that checks whether the container is ready.
        tmpfs: The folders in memory, with their options.
        megabytes: The container's memory limit.
        volumes: Further volumes, by the folder that each is mounted on.
        arguments: Further arguments of the resource.
    """

    name: str
    image: Output[str]
    user: str
    folder: str
    uploads: Sequence[_Upload]
    port: tuple[int, Output[int]]
    healthcheck: Sequence[str]
    tmpfs: Mapping[str, str]
    megabytes: int
    volumes: Mapping[str, Output[str]] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)


class DockerDeployment:
    """The deployment in containers; see :class:`provision.runtimes.deployment.Deployment`.

    Args:
        placement: The place of the stack; build contexts of images are written into the stack's folder.
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
        """Declare Keycloak's container and return the started Keycloak."""
        config = self._config
        volume = self._volume(data_volume.VOLUME)
        port = docker.Port("keycloak-port", name=_KEYCLOAK, port=config.keycloak.port, opts=self._opts).port
        url = port.apply(lambda number: of_port(int(number)))
        account = config.keycloak.admin_client_id
        script = admin_secret.apply(lambda secret: keycloak_database.admin_script(account, secret))
        features = ",".join(config.features)
        container, _ = self._container(
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
                uploads=[_Upload(kind="secrets", contents={str(keycloak_image.ADMIN_SCRIPT): script})],
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
        """Return the id of Keycloak's data, which only Keycloak itself knows."""
        own = ResourceOptions(parent=self._opts.parent, provider=provider, deleted_with=keycloak)
        found: Output[str] = docker.ServerData("keycloak-data", runs_in=keycloak.id, opts=own).data_id
        return found

    def server(self, config: ServerConfig, needs: ServerNeeds) -> StartedServer:
        """Declare an MCP server's container and return the started server."""
        port = docker.Port(f"{config.name}-port", name=config.name, port=config.port, opts=self._opts).port
        tls = {
            **_copied(config.tls_certificate_file, server_image.TLS_CERTIFICATE),
            **_copied(config.tls_key_file, server_image.TLS_KEY),
        }
        base = port.apply(lambda number: of_port(int(number), tls=bool(tls)))
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
        # A server of one's own may read its secret at the start only.
        secret = _Upload(
            kind="secrets", contents={server_image.SECRET: needs.client_secret}, reread=not config.image
        )
        _, takers = self._container(
            _Container(
                name=config.name,
                image=image,
                user=server_image.USER,
                folder=server_image.FOLDER,
                uploads=[
                    _Upload(kind="files", contents={server_image.SETTINGS: settings}, secret=False),
                    *([_Upload(kind="tls", contents=tls)] if tls else ()),
                    secret,
                ],
                port=(_SERVER_PORT, port),
                healthcheck=server_image.health_check(
                    _SERVER_PORT, certificate=server_image.TLS_CERTIFICATE if tls else None
                ),
                tmpfs=server_image.TMPFS,
                megabytes=_SERVER_MEGABYTES,
                arguments=own or {"entrypoints": list(server_image.ENTRYPOINT)},
            )
        )
        return StartedServer(
            url=Output.concat(base, "/mcp"),
            resource_metadata=Output.concat(base, "/.well-known/oauth-protected-resource/mcp"),
            secret_given_by=takers,
        )

    def _image(
        self, name: str, write_context: Callable[[Path], str], arguments: Mapping[str, str]
    ) -> Output[str]:
        """Declare an image that the toolkit builds and return its id; the same content and arguments are the same image.

        The name tells all that goes into the image: the plugin builds a changed one before it removes the former one by
        its name.
        """
        folder = self._home / "images" / name
        parts = [write_context(folder), sorted(arguments.items())]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        built = pulumi_docker.RemoteImage(
            f"{name}-image",
            name=f"{self._name}-{name}:{digest[:16]}",
            build=pulumi_docker.RemoteImageBuildArgs(
                context=str(folder),
                build_args=dict(arguments),
                label={LABEL: self._name},  # the plugin publishes `labels` too, and ignores it
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

    def _container(self, what: _Container) -> tuple[pulumi_docker.Container, list[pulumi_docker.Container]]:
        """Declare a container with as few rights as possible (docs/docker.md; a test checks each line of the page).

        Returns:
            The container, and the helper containers that receive its files.
        """
        files = self._volume(f"{what.name}-files")
        takers = [self._taker(what, files, upload) for upload in what.uploads]
        made_of = [taker.id for taker, upload in zip(takers, what.uploads, strict=True) if not upload.reread]
        label = Output.all(*made_of).apply(" ".join)
        internal, external = what.port
        mounts = {what.folder: (files.name, True)} | {
            path: (volume, False) for path, volume in what.volumes.items()
        }
        container = pulumi_docker.Container(
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
            memory_swap=what.megabytes,  # the sum of memory and swap, so nothing is swapped
            ipc_mode="private",
            restart="unless-stopped",
            log_driver="json-file",
            log_opts=dict(_LOG_LIMITS),
            healthcheck=pulumi_docker.ContainerHealthcheckArgs(
                tests=list(what.healthcheck),
                interval=health.INTERVAL,
                timeout=health.TIMEOUT,
                retries=health.RETRIES,
            ),
            wait=True,
            wait_timeout=health.READY_SECONDS,
            destroy_grace_seconds=data_volume.STOP_SECONDS,
            labels=self._labels(pulumi_docker.ContainerLabelArgs, {FILES_LABEL: label}),
            opts=ResourceOptions.merge(
                self._opts,
                # If the kernel cannot limit swap, Docker reports -1 for any declared value.
                ResourceOptions(
                    delete_before_replace=True, ignore_changes=["memorySwap"], depends_on=list(takers)
                ),
            ),
            **what.arguments,
        )
        return container, takers

    def _taker(
        self, what: _Container, volume: pulumi_docker.Volume, upload: _Upload
    ) -> pulumi_docker.Container:
        """Declare the helper container, never started, that receives files.

        Docker cannot copy files into a container with a read-only root; the helper has the same volume.
        """
        owner, _, group = what.user.partition(":")
        name = f"{what.name}-{upload.kind}"
        contents = {
            path: Output.secret(content) if upload.secret else content
            for path, content in upload.contents.items()
        }
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
    """Return the server's settings, with Keycloak's address in the network, which differs from the issuer's address."""
    return stack_settings(
        config,
        name=config.name,
        listens=("0.0.0.0", _SERVER_PORT),  # noqa: S104 - inside the container; the port is published on loopback only
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
    """Return the content of a local file by its path in a container; empty if there is no local file."""
    return {} if file is None else {path: Output.from_input(file.read_text(encoding="utf-8"))}
