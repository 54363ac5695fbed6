"""An export of a realm that is damaged anywhere is judged or refused; it never breaks the audit."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from provision._lib.errors import UsageError
from provision.config.rules import RulesConfig
from provision.rules.evaluation import evaluate
from provision.rules.reports import FORMATS, Subject, written
from provision.rules.sources import export
from tests.support.damage import ANYTHING, damaged
from tests.support.realm_export import REALM


def _judge(file, content):
    file.write_bytes(content)
    try:
        snapshot = export.snapshot(file, "prod")
    except UsageError:
        return
    report = evaluate(snapshot, RulesConfig())
    for form in FORMATS:
        written(report, Subject("realm", "prod", str(file)), form)


@given(document=damaged(REALM, most=4))
def test_a_damaged_export(tmp_path, document):
    _judge(tmp_path / "realm.json", json.dumps(document).encode())


@given(document=ANYTHING)
def test_any_json(tmp_path, document):
    _judge(tmp_path / "realm.json", json.dumps(document).encode())


@given(content=st.binary(max_size=200))
def test_any_bytes(tmp_path, content):
    _judge(tmp_path / "realm.json", content)


@given(cut=st.integers(0, len(json.dumps(REALM))))
def test_a_cut_export(tmp_path, cut):
    _judge(tmp_path / "realm.json", json.dumps(REALM).encode()[:cut])
