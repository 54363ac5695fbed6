"""The file of a backup: a tar archive in the age format, whose first member names and measures the others.

The format of the encryption is https://age-encryption.org/v1, so that the program ``age`` opens a backup too.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from provision._lib.errors import ProvisionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_FORMAT = 1
MANIFEST = "manifest.json"
STATE = "state.json"
SECRETS = "secrets.json"
PROJECT_FILE = "Pulumi.yaml"
STACK_FILE = "Pulumi.stack.yaml"
DATABASE = "keycloakdb.mv.db"
_ROWS = {"digests", "data_id", "client", "user"}
PARTS = (STATE, SECRETS, PROJECT_FILE, STACK_FILE, DATABASE)
LARGEST = 4 << 30
"""The bytes of the largest file that is taken for a backup."""
_AGE = b"age-encryption.org/v1\n"
_BY_PASSPHRASE = b"-> scrypt "
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Port = Annotated[int, Field(strict=True, ge=1, le=65535)]


class BackupError(ProvisionError):
    """A file that is no backup, is damaged, or was made by a newer version."""


class Manifest(BaseModel):
    """The facts about a backup.

    Args:
        format: The version of the format.
        provision: The version of this toolkit.
        keycloak: The version of the Keycloak whose data it is.
        project: The project's name.
        stack: The stack's name.
        runtime: The runtime that the stack ran in.
        made: The time of the backup.
        data_id: The identity of Keycloak's data.
        client: The row id of the client in this data that is the admin service account.
        user: The row id of that service account's user.
        ports: The ports of Keycloak and the servers, by name.
        digests: The SHA-256 of each part, in hex, by the part's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal[1] = 1
    provision: str
    keycloak: str
    project: str
    stack: str
    runtime: str
    made: datetime
    data_id: _Id
    client: _Id
    user: _Id
    ports: dict[str, _Port]
    digests: dict[str, str] = {}

    def published(self) -> dict[str, Any]:
        """Return the facts that users are shown, as JSON has them."""
        return self.model_dump(mode="json", exclude=_ROWS)


@dataclass(frozen=True)
class Backup:
    """The content of a backup.

    Args:
        manifest: The facts.
        parts: The parts by their names, :data:`PARTS`.
    """

    manifest: Manifest
    parts: Mapping[str, bytes] = field(repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the manifest, which holds the digest of each part."""
        return _sha256(self.manifest.model_dump_json().encode())

    def packed(self) -> bytes:
        """Return the tar archive."""
        digests = {name: _sha256(self.parts[name]) for name in PARTS}
        manifest = self.manifest.model_copy(update={"digests": digests})
        members = {MANIFEST: manifest.model_dump_json(indent=2).encode(), **self.parts}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in (MANIFEST, *PARTS):
                info = tarfile.TarInfo(name)
                info.size, info.mode, info.mtime = len(members[name]), 0o600, int(manifest.made.timestamp())
                archive.addfile(info, io.BytesIO(members[name]))
        return buffer.getvalue()

    @classmethod
    def unpacked(cls, content: bytes) -> Backup:
        """Return the content of a tar archive, after checking all of it; nothing is written to the disk.

        Args:
            content: The archive.

        Raises:
            BackupError: The archive is damaged, foreign, or of a newer format.
        """
        members = _members(content)
        if MANIFEST not in members:
            raise BackupError("The file is no backup of this toolkit: it has no manifest.")
        manifest = _manifest(members.pop(MANIFEST))
        if set(members) != set(PARTS) or set(manifest.digests) != set(PARTS):
            raise BackupError("The backup is damaged: its parts are not those that it should have.")
        for name, part in members.items():
            if _sha256(part) != manifest.digests[name]:
                raise BackupError(f"The backup is damaged: {name} is not what was saved.")
        return cls(manifest, members)


def _members(content: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name; an archive with anything else than our files is refused."""
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                is_plain = member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.issparse()
                if not is_plain or member.name in members or member.name not in {MANIFEST, *PARTS}:
                    raise BackupError("The file is no backup of this toolkit: it holds other things.")
                file = archive.extractfile(member) if member.size <= len(content) else None
                members[member.name] = b"" if file is None else file.read()
                if len(members[member.name]) != member.size:
                    raise BackupError("The backup is damaged: it is cut off.")
    except (tarfile.TarError, ValueError, OverflowError, RecursionError, EOFError) as error:
        raise BackupError("The file is no backup of this toolkit: it holds other things.") from error
    return members


def _manifest(content: bytes) -> Manifest:
    try:
        document = json.loads(content)
        number = document.get("format")
        if isinstance(number, int) and number > _FORMAT:
            raise BackupError(
                f"The backup was made by a newer version ({str(document.get('provision'))[:40]}).",
                "Update mcp-provision, then restore again.",
            )
        return Manifest.model_validate(document)
    except (ValueError, AttributeError, RecursionError, ValidationError) as error:
        raise BackupError("The backup is damaged: its manifest can't be read.") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The means to encrypt or to decrypt a backup: a passphrase, or keys of the program ``age``.

    Args:
        passphrase: The passphrase; empty if there is none.
        recipients: The public keys (``age1…``) that may open the backup.
        identities: The text of a file of private keys, as ``age-keygen`` writes it.
    """

    passphrase: str = field(default="", repr=False)
    recipients: Sequence[str] = ()
    identities: str = field(default="", repr=False)

    def sealed(self, content: bytes) -> bytes:
        """Return the encrypted content.

        Raises:
            UsageError: A recipient is no public key of age.
        """
        import pyrage

        if self.passphrase:
            return bytes(pyrage.passphrase.encrypt(content, self.passphrase))
        recipients = []
        for text in self.recipients:
            try:
                recipients.append(pyrage.x25519.Recipient.from_str(text))
            except pyrage.RecipientError as error:
                raise UsageError("A recipient is no public key of age.", "It begins with age1.") from error
        return bytes(pyrage.encrypt(content, recipients))

    def opened(self, content: bytes) -> bytes:
        """Return the decrypted content.

        Raises:
            BackupError: The keys do not open the file, or it is damaged.
            UsageError: The identity file holds no private key of age.
        """
        import pyrage

        try:
            if self.passphrase:
                return bytes(pyrage.passphrase.decrypt(content, self.passphrase))
            return bytes(pyrage.decrypt(content, _identities(self.identities)))
        except pyrage.DecryptError as error:
            what = "passphrase" if self.passphrase else "identity"
            raise BackupError(
                f"The backup can't be decrypted: the {what} is wrong, or the file is damaged.",
                f"Check the {what}, and the file by its size or with another copy.",
            ) from error


def _identities(text: str) -> list[object]:
    import pyrage

    lines = [line.strip() for line in text.splitlines()]
    try:
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError as error:
        raise UsageError(
            "The identity file holds no private key of age.", "`age-keygen -o FILE` makes one."
        ) from error
    if not found:
        raise UsageError("The identity file holds no private key of age.", "`age-keygen -o FILE` makes one.")
    return found


def opens_by_passphrase(content: bytes) -> bool:
    """Return whether a passphrase opens an encrypted file; False means that an identity does.

    Args:
        content: The file's content.

    Raises:
        BackupError: The file is not encrypted by age.
    """
    if not content.startswith(_AGE):
        raise BackupError("The file is no backup: it is not encrypted in the age format.")
    return content[len(_AGE) :].startswith(_BY_PASSPHRASE)


def write(file: Path, content: bytes, *, replace: bool) -> None:
    """Write a file whole or not at all, for this user only.

    Args:
        file: The file.
        content: The content.
        replace: Whether a file of that name is replaced.

    Raises:
        UsageError: There is a file of that name, and it is not to be replaced.
    """
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        if replace:
            fresh.replace(file)
            return
        try:
            os.link(fresh, file)  # unlike a rename, a link never replaces a file that came meanwhile
        except FileExistsError:
            raise exists(file) from None
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def exists(file: Path) -> UsageError:
    """Return the error for a file that exists already."""
    return UsageError(f"{file} exists already.", "Give another name, or --force to replace it.")
