"""The engine's events as changes, lines and errors."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from provision.core.registry import catalogue
from provision.engine.events import EventCollector, Unwatched, _without_prefix
from tests.support.samples import SAMPLES

_REALM = "urn:pulumi:dev::provision::provision:index:McpStack$provision:keycloak:Realm::realm"
_STACK = "urn:pulumi:dev::provision::pulumi:pulumi:Stack::provision-dev"


class Watcher(Unwatched):
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def started(self, change):
        self.told.append(("started", change.label))

    def finished(self, change, seconds):
        self.told.append(("finished", change.op, change.label))

    def said(self, name, message):
        self.told.append(("said", name, message))


def event(**kinds):
    names = ("resource_pre_event", "res_outputs_event", "res_op_failed_event", "diagnostic_event")
    return SimpleNamespace(**{**dict.fromkeys(names), **kinds})


def step(op, urn=_REALM, *, planning=False, **state):
    metadata = SimpleNamespace(
        op=op,
        urn=urn,
        type=urn.split("::")[2],
        detailed_diff=state.get("diff"),
        old=SimpleNamespace(inputs=state.get("old", {}), outputs=state.get("outputs", {})),
        new=SimpleNamespace(inputs=state.get("new", {"name": "mcp"}), outputs=state.get("outputs", {})),
    )
    return SimpleNamespace(metadata=metadata, planning=planning)


def diagnosis(message, *, severity="error", urn=_REALM, ephemeral=False):
    return SimpleNamespace(message=message, severity=severity, urn=urn, ephemeral=ephemeral)


def test_a_change_is_announced_when_it_begins_and_counted_when_it_is_done():
    ledger = EventCollector(watcher := Watcher())
    ledger.take(event(resource_pre_event=step("create")))
    assert ledger.changes == []
    ledger.take(event(res_outputs_event=step("create")))
    assert watcher.told == [("started", "realm mcp"), ("finished", "create", "realm mcp")]
    assert [change.as_json()["op"] for change in ledger.changes] == ["create"]


def test_what_stays_the_same_and_the_engines_own_objects_are_no_changes():
    ledger = EventCollector(watcher := Watcher())
    for op, urn in (
        ("same", _REALM),
        ("create", _STACK),
        ("create", "urn:pulumi:dev::provision::pulumi:providers:provision::default"),
        ("create", "urn:pulumi:dev::provision::provision:index:McpStack::dev"),
    ):
        ledger.take(event(resource_pre_event=step(op, urn)))
        ledger.take(event(res_outputs_event=step(op, urn)))
    assert ledger.changes == []
    assert watcher.told == []


def test_a_preview_counts_what_is_planned_with_old_and_new_values():
    ledger = EventCollector(Watcher())
    diff = {
        "displayName": SimpleNamespace(input_diff=True),
        'x["k.dot"][0]': SimpleNamespace(input_diff=True),
    }
    old = {"displayName": "MCP", "x": {"k.dot": ["a"]}}
    new = {"name": "mcp", "displayName": "Tools", "x": {"k.dot": ["b"]}}
    ledger.take(event(resource_pre_event=step("update", planning=True, diff=diff, old=old, new=new)))
    (change,) = ledger.changes
    assert [item.as_json() for item in change.fields] == [
        {"path": "displayName", "before": "MCP", "after": "Tools", "cause": "program"},
        {"path": 'x["k.dot"][0]', "before": "a", "after": "b", "cause": "program"},
    ]


def test_after_a_look_at_the_world_a_change_says_who_differs():
    ledger = EventCollector(Watcher())
    found = {"displayName": SimpleNamespace(input_diff=True)}
    both = {**found, "enabled": SimpleNamespace(input_diff=True)}
    ledger.take(event(res_outputs_event=step("refresh", planning=True, diff=found)))
    ledger.take(event(resource_pre_event=step("update", planning=True, diff=both)))
    (change,) = ledger.changes
    assert change.as_json()["cause"] == "world"
    assert {item.path: item.cause for item in change.fields} == {"displayName": "world", "enabled": "program"}


def test_an_object_that_is_gone_differs_in_the_world_and_one_never_made_in_the_program():
    ledger = EventCollector(Watcher())
    gone = step("refresh", planning=True)
    gone.metadata.new = None
    ledger.take(event(res_outputs_event=gone))
    ledger.take(event(resource_pre_event=step("create", planning=True)))
    ledger.take(event(resource_pre_event=step("create", _REALM + "2", planning=True)))
    assert [change.cause for change in ledger.changes] == ["world", "program"]


def test_a_value_that_is_still_encrypted_is_shown_as_a_secret():
    ledger = EventCollector(Watcher())
    diff = {"secret": SimpleNamespace(input_diff=True)}
    sealed = {"ciphertext": "v1:abc"}
    step_with_secret = step(
        "update", planning=True, diff=diff, old={"secret": sealed}, new={"secret": sealed}
    )
    ledger.take(event(resource_pre_event=step_with_secret))
    assert ledger.changes[0].fields[0].before == "[secret]"


def test_what_is_not_known_yet_is_said_in_words_and_inner_keys_are_left_out():
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    old = {"image": "a", "uploads": [{"file": "/f"}], "__defaults": ["x"]}
    new = {"image": unknown, "uploads": [{"file": unknown, "__defaults": []}], "__defaults": []}
    diff = {path: SimpleNamespace(input_diff=True) for path in (*new, "uploads[0].__defaults")}
    ledger = EventCollector(Watcher())
    ledger.take(event(resource_pre_event=step("update", planning=True, diff=diff, old=old, new=new)))
    (change,) = ledger.changes
    assert [(item.path, item.before, item.after) for item in change.fields] == [
        ("image", "a", "not known yet"),
        ("uploads", [{"file": "/f"}], [{"file": "not known yet"}]),
    ]


def test_an_object_whose_name_is_not_known_yet_has_the_name_of_the_program():
    urn = "urn:pulumi:dev::provision::provision:keycloak:RealmClientScopeAssignment::tools-in-realm"
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    ledger = EventCollector(Watcher())
    ledger.take(event(resource_pre_event=step("create", urn, planning=True, new={"scope": unknown})))
    assert unknown not in ledger.changes[0].label
    assert ledger.changes[0].label.endswith(" tools-in-realm")


def test_errors_are_collected_by_object_without_the_engines_frame():
    ledger = EventCollector(Watcher())
    ledger.take(
        event(diagnostic_event=diagnosis("<{%reset%}>error: Keycloak would not create it<{%reset%}>\n"))
    )
    ledger.take(event(diagnostic_event=diagnosis("update failed", urn="")))
    assert ledger.errors == ["realm: Keycloak would not create it"]


def test_lines_are_passed_on_but_not_those_that_vanish_and_not_debug_lines():
    ledger = EventCollector(watcher := Watcher())
    ledger.take(event(diagnostic_event=diagnosis("adopted", severity="info")))
    ledger.take(event(diagnostic_event=diagnosis("waiting", severity="info", ephemeral=True)))
    ledger.take(event(diagnostic_event=diagnosis("inner", severity="debug")))
    assert watcher.told == [("said", "realm", "adopted")]


def test_a_keycloak_that_does_not_answer_is_said_once():
    ledger = EventCollector(watcher := Watcher())
    for kind in ("clients", "users"):
        said = f"not looked at: Keycloak at http://localhost:1 does not answer: no connection; it would read {kind}."
        ledger.take(event(diagnostic_event=diagnosis(said, severity="info")))
    assert watcher.told == [
        ("said", "", "Keycloak at http://localhost:1 does not answer: what is in it is not looked at")
    ]


def test_a_keycloak_that_hangs_or_can_not_work_is_one_error():
    ledger = EventCollector(Watcher())
    for kind, why in (("clients", "no token (HTTP 503)"), ("users", "no answer in time")):
        said = f"Keycloak at http://localhost:1 does not answer: {why}; it would read {kind}.\nLook into its log."
        said = said if kind == "clients" else f"Preview failed: {said}"  # of a refresh before a preview
        ledger.take(event(diagnostic_event=diagnosis(said)))
    ledger.take(
        event(diagnostic_event=diagnosis("Keycloak at http://localhost:2 does not answer: no token."))
    )
    unknown = "It is not known whether Keycloak did create a: no answer in time"
    ledger.take(event(diagnostic_event=diagnosis(unknown)))
    assert ledger.errors == [
        "realm: Keycloak at http://localhost:1 does not answer: no token (HTTP 503); it would read clients.\nLook into its log.",
        "realm: Keycloak at http://localhost:2 does not answer: no token.",
        f"realm: {unknown}",
    ]


def test_what_a_preview_can_not_know_of_a_realm_is_not_said_of_each_object():
    ledger = EventCollector(watcher := Watcher())
    said = (
        "The provider for this resource has inputs that are not known during preview.\nThis preview may not …"
    )
    ledger.take(event(diagnostic_event=diagnosis(said, severity="warning")))
    assert watcher.told == []


def test_an_error_of_the_program_is_told_once_at_a_preview():
    ledger = EventCollector(Watcher())
    for text in ("It is so.\nDo that.", "an unhandled error occurred: It is so.\nDo that.", "update failed"):
        ledger.take(event(diagnostic_event=diagnosis(text, urn=_STACK)))
    assert ledger.errors == ["It is so.\nDo that."]


def test_a_watcher_that_breaks_does_not_stop_the_engines_events():
    class Broken(Watcher):
        def started(self, change):
            raise OSError("the terminal was closed")

    ledger = EventCollector(Broken())
    ledger.take(event(resource_pre_event=step("create")))
    ledger.take(event(res_outputs_event=step("create")))
    assert [change.op for change in ledger.changes] == ["create"]
    assert isinstance(ledger.watcher_error, OSError)


def test_what_a_program_declares_is_kept_whether_anything_is_done_to_it_or_not():
    ledger = EventCollector(Watcher())
    gone = _REALM.replace("realm", "gone")
    for operation, urn in (("same", _STACK), ("update", _REALM), ("delete", gone), ("refresh", gone)):
        ledger.take(event(resource_pre_event=step(operation, urn, new={"name": operation})))
    assert [(item.urn, item.inputs) for item in ledger.declared.values()] == [
        (_STACK, {"name": "same"}),
        (_REALM, {"name": "update"}),
    ]
    assert ledger.declared[_REALM].type == _REALM.split("::")[2]


def test_the_refusal_of_a_resource_is_told_without_pulumi_s_frame():
    said = "provision:keycloak:IdentityProvider resource 'IdentityProvider/it's' has a problem: It has no secret."
    assert _without_prefix(said) == "It has no secret."


def _labels(kind, inputs):
    ledger = EventCollector(watcher := Watcher())
    ledger.take(
        event(resource_pre_event=step("create", _REALM.replace("Realm::realm", f"{kind}::x"), new=inputs))
    )
    return [told[-1] for told in watcher.told]


@pytest.mark.parametrize("token", [token for token in catalogue() if token.split(":")[1] == "keycloak"])
def test_each_kind_of_object_is_named_by_its_natural_key(token):
    spec, inputs = catalogue()[token].spec, SAMPLES[token].inputs
    declared = (
        spec.model_validate({"realm": "mcp", **inputs}) if spec.container() else spec.model_validate(inputs)
    )
    (label,) = _labels(spec.__name__, declared.wire())
    assert label == declared.label().removesuffix(" in realm mcp").strip()


@pytest.mark.parametrize(
    ("kind", "inputs", "label"),
    [
        ("Group", {"path": "/staff/admins"}, "group /staff/admins"),
        (
            "AllowedClientScopesPolicy",
            {"registration": "anonymous"},
            "allowed client scopes policy anonymous",
        ),
        ("IdentityProvider", {"alias": "corp", "clientId": "kc"}, "identity provider corp"),
        ("User", {"username": "ada", "clientId": "x"}, "user ada"),
        (
            "ClientScopeAssignment",
            {"client": "shop", "scope": "mcp:tools"},
            "client scope assignment shop/mcp:tools",
        ),
        ("Group", {"path": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, "group x"),  # not known yet at a preview
        ("UserProfile", {"realm": "mcp"}, "user profile"),
        ("NoSuchKind", {"name": "a"}, "no such kind x"),
    ],
)
def test_an_object_is_named_by_the_part_of_its_key_that_people_know(kind, inputs, label):
    assert _labels(kind, inputs) == [label]


def test_a_creation_tells_whether_the_object_was_there_before_the_stack():
    for outputs, adopted in (({}, False), ({"adoptedFrom": "[secret]"}, True)):
        ledger = EventCollector(Watcher())
        ledger.take(event(res_outputs_event=step("create", outputs=outputs)))
        (change,) = ledger.changes
        assert change.adopted is adopted
        assert change.as_json()["op"] == "create"
        assert "adopted" not in change.as_json()


@pytest.mark.parametrize("outputs", [{}, {"adoptedFrom": "[secret]"}])
@pytest.mark.parametrize("op", ["delete", "delete-replaced"])
@pytest.mark.parametrize(
    ("removal", "adopted", "stays"),
    [
        ("deleted", False, False),
        ("given back", True, False),
        ("stays", False, True),
        (None, False, False),  # the engine did not ask for it: it went with its realm
    ],
)
def test_a_removal_tells_what_the_provider_did_and_not_what_the_state_would_mean(
    op, outputs, removal, adopted, stays
):
    ledger = EventCollector(Watcher())
    if removal:
        ledger.removed(_REALM, removal)
    ledger.take(event(res_outputs_event=step(op, outputs=outputs)))
    (change,) = ledger.changes
    assert (change.adopted, change.stays) == (adopted, stays)
    assert not {"adopted", "stays"} & change.as_json().keys()
