"""Files with secrets are closed to others and hold one line, and no error repeats it."""

from __future__ import annotations

import pytest

from provision.server.secret_file import read_secret
from provision.server.settings import SettingsError


def read(path):
    return read_secret("the_setting", path, most=64)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_secret_is_read_without_what_ends_its_line(secret_file, end):
    secret_file.chmod(0o600)
    secret_file.write_bytes(b"a-secret-that-no-log-may-hold" + end)
    secret = read(secret_file)
    assert secret.get_secret_value() == "a-secret-that-no-log-may-hold"
    assert "secret-that" not in f"{secret} {secret!r}"


@pytest.mark.parametrize("mode", [0o444, 0o404, 0o402, 0o420])
def test_a_secret_open_to_others_is_refused(secret_file, mode):
    secret_file.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 0400"):
        read(secret_file)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_a_secret_for_the_owner_or_its_group_is_read(secret_file, mode):
    secret_file.chmod(mode)
    assert read(secret_file)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"hush\nhush\n", b"hush\x00", b"\xff\xfe", b"h" * 65, b"h" * 64 + b"\r\nx"]
)
def test_a_file_without_one_secret_is_refused(tmp_path, content):
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(0o400)
    with pytest.raises(SettingsError) as raised:
        read(path)
    assert "hush" not in str(raised.value)
    assert str(raised.value).startswith(f"the_setting: {path}")


def test_the_longest_secret_may_be_as_long_as_said(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"h" * 64 + b"\r\n")
    path.chmod(0o400)
    assert read(path).get_secret_value() == "h" * 64


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SettingsError, match=r"the_setting: .*absent: No such file or directory"):
        read(tmp_path / "absent")
