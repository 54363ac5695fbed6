"""Files that a user names: nothing is waited for, and nothing is read without end."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from provision._lib import user_file
from provision._lib.errors import UsageError
from provision.config.yaml_file import load


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1000)
    assert user_file.content(tmp_path / "a", 1000) == b"x" * 1000
    with pytest.raises(OSError, match="it has more than"):
        user_file.content(tmp_path / "a", 999)


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
def test_a_pipe_or_a_device_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a pipe or a device"):
        user_file.content(tmp_path / name)


def test_what_a_shell_hands_over_is_read_to_its_end():
    read, write = os.pipe()
    os.write(write, b"a")

    def go_on():
        os.write(write, b"b")
        os.close(write)

    later = threading.Timer(0.2, go_on)
    later.start()
    try:
        assert user_file.content(Path(f"/dev/fd/{read}")) == b"ab"
    finally:
        later.join()
        os.close(read)


def test_a_stack_file_that_is_a_pipe_or_a_folder_is_a_wrong_usage(tmp_path):
    os.mkfifo(tmp_path / "Pulumi.dev.yaml")
    with pytest.raises(UsageError, match=r"can't be read: it is a pipe or a device"):
        load(tmp_path / "Pulumi.dev.yaml")
    with pytest.raises(UsageError, match=r"can't be read: Is a directory"):
        load(tmp_path)
