"""The record of a restore: what `up` refuses, and the ports that a restored stack keeps."""

from __future__ import annotations

import stat

import pytest

from provision._lib.errors import ProvisionError
from provision.config.stack_config import StackConfig
from provision.runtimes import restore_record
from provision.runtimes.restore_record import RestoreRecord

_PORTS = {"keycloak": 20001, "calculator": 20002, "other": 20003}


def test_a_restore_that_was_cut_off_is_refused_until_everything_is_in_place(tmp_path):
    home = tmp_path / "stack"
    restore_record.refuse_half(home)
    restore_record.write(home, RestoreRecord("digest", _PORTS))
    with pytest.raises(ProvisionError, match="was cut off") as refused:
        restore_record.refuse_half(home)
    assert "provision restore FILE" in refused.value.do
    assert "provision down --remove" in refused.value.do
    restore_record.write(home, RestoreRecord("digest", _PORTS, in_place=True))
    restore_record.refuse_half(home)


def test_the_record_is_for_this_user_only_and_ends_with_the_first_up(tmp_path):
    home = tmp_path / "stack"
    record = RestoreRecord("digest", _PORTS)
    restore_record.write(home, record)
    assert [stat.S_IMODE(file.stat().st_mode) for file in (home, *home.iterdir())] == [0o700, 0o600]
    assert restore_record.read(home) == record
    restore_record.finish(home)
    restore_record.finish(home)
    assert restore_record.read(home) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"backup": 1, "ports": {}, "in_place": true}'])
def test_a_broken_record_has_a_way_out(tmp_path, content):
    (tmp_path / "restore.json").write_text(content)
    with pytest.raises(ProvisionError, match="is broken") as refused:
        restore_record.read(tmp_path)
    assert "provision down --remove" in refused.value.do


def test_ports_that_the_stack_file_leaves_open_are_those_of_the_backup(tmp_path):
    open_ones = StackConfig()
    assert restore_record.with_ports(open_ones, tmp_path) is open_ones
    restore_record.write(tmp_path, RestoreRecord("digest", _PORTS))
    kept = restore_record.with_ports(open_ones, tmp_path)
    assert (kept.keycloak.port, [server.port for server in kept.mcp_servers]) == (20001, [20002])


def test_a_port_in_the_stack_file_counts_and_a_server_elsewhere_gets_none():
    config = StackConfig.model_validate(
        {
            "keycloak": {"port": 9000},
            "servers": [
                {"name": "calculator", "port": 9001},
                {"name": "other"},
                {"name": "new"},
                {"name": "far", "url": "https://mcp.example.org/mcp"},
            ],
        }
    )
    kept = config.keeping({**_PORTS, "far": 20004})
    assert kept.keycloak.port == 9000
    assert [server.port for server in kept.mcp_servers] == [9001, 20003, None, None]
