"""The record of a restore: what `up` refuses, and the ports that a restored stack keeps."""

from __future__ import annotations

import stat

import pytest

from provision._lib.errors import ProvisionError
from provision.config.stack_config import StackConfig
from provision.runtimes import restore_record
from provision.runtimes.restore_record import RestoreRecord, Stage

_PORTS = {"keycloak": 20001, "calculator": 20002, "other": 20003}


@pytest.fixture
def home(tmp_path):
    return tmp_path / "project" / "stacks" / "dev"


@pytest.mark.parametrize(("stage", "again"), [(Stage.REMOVING, "FILE --replace"), (Stage.PLACING, "FILE")])
def test_a_restore_that_was_cut_off_is_refused_until_everything_is_in_place(home, stage, again):
    restore_record.refuse_half(home)
    restore_record.write(home, RestoreRecord("digest", _PORTS, stage))
    with pytest.raises(ProvisionError, match="was cut off") as refused:
        restore_record.refuse_half(home)
    assert f"provision restore {again} -s" in refused.value.do
    assert "provision down --remove" in refused.value.do
    restore_record.write(home, RestoreRecord("digest", _PORTS, Stage.IN_PLACE))
    restore_record.refuse_half(home)


def test_the_record_is_for_this_user_only_and_ends_with_the_first_up(home):
    record = RestoreRecord("digest", _PORTS, Stage.PLACING)
    restore_record.write(home, record)
    (file,) = (path for path in home.parents[1].rglob("*") if path.is_file())
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]
    assert restore_record.read(home) == record
    restore_record.forget(home)
    restore_record.forget(home)
    assert restore_record.read(home) is None


def test_the_record_outlives_the_stacks_folder(home):
    home.mkdir(parents=True)
    restore_record.write(home, RestoreRecord("digest", _PORTS, Stage.REMOVING))
    home.rmdir()
    with pytest.raises(ProvisionError, match="was cut off"):
        restore_record.refuse_half(home)


@pytest.mark.parametrize("stage", Stage)
def test_what_is_still_being_removed_was_not_placed_by_the_restore(home, stage):
    assert not restore_record.has_placed(home)
    restore_record.write(home, RestoreRecord("digest", _PORTS, stage))
    assert restore_record.has_placed(home) is (stage is not Stage.REMOVING)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        "[" * 100_000,
        '{"backup": 1, "ports": {}, "stage": "in place"}',
        '{"backup": "x", "ports": {}, "stage": "begun"}',
        *(
            f'{{"backup": "x", "ports": {{"keycloak": {port}}}, "stage": "placing"}}'
            for port in ("0", "65536", "true", '"80"', "8e3", "null", "[]")
        ),
    ],
)
def test_a_broken_record_has_a_way_out(home, content):
    restore_record.write(home, RestoreRecord("digest", _PORTS, Stage.PLACING))
    (home.parents[1] / "restores" / "dev.json").write_text(content)
    with pytest.raises(ProvisionError, match="is broken") as refused:
        restore_record.read(home)
    assert "provision down --remove" in refused.value.do
    assert restore_record.has_placed(home)


def test_ports_that_the_stack_file_leaves_open_are_those_of_the_backup(home):
    open_ones = StackConfig()
    assert restore_record.with_ports(open_ones, home) is open_ones
    restore_record.write(home, RestoreRecord("digest", _PORTS, Stage.REMOVING))
    assert restore_record.with_ports(open_ones, home) is open_ones
    restore_record.write(home, RestoreRecord("digest", _PORTS, Stage.PLACING))
    kept = restore_record.with_ports(open_ones, home)
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
