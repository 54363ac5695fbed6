"""The SQL that makes a stack's database its own."""

from __future__ import annotations

from pathlib import Path

from provision.runtimes.process import database

TEMPLATE = database.Template(
    Path("/template"),
    client="client-row",
    user="user-row",
    keys={
        f"{provider}/{name}": f"{provider}-{name}"
        for provider, names in database.KEY_ROWS.items()
        for name in names
    },
)


def test_quotes_in_a_secret_cannot_end_the_text():
    sql = database.admin_account("c", "u", "ad'min", "se'; DROP TABLE CLIENT; --")
    assert "SECRET = 'se''; DROP TABLE CLIENT; --'" in sql
    assert "CLIENT_ID = 'ad''min'" in sql


def test_every_key_of_the_master_realm_is_set():
    sql = database.own_values(TEMPLATE, "admin", "secret")
    for row in TEMPLATE.keys.values():
        assert f"WHERE ID = '{row}'" in sql


def test_no_two_stacks_share_a_key():
    one, two = (set(database.own_values(TEMPLATE, "admin", "secret").splitlines()) for _ in range(2))
    shared = one & two
    assert len(shared) == 2, "the admin account's lines"
    assert all("COMPONENT_CONFIG" not in line for line in shared)
