"""The smallest change from the steps that a flow has to the declared ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from provision.keycloak.bases import execution_tree as tree
from provision.keycloak.bases.execution_tree import (
    Add,
    Adjust,
    Configure,
    Describe,
    Execution,
    Place,
    Remove,
    Row,
)
from provision.keycloak.objects.authentication_flow import AuthenticationFlow


def step(name: str, requirement: str = "REQUIRED", **more: Any) -> Execution:
    return Execution.model_validate({"authenticator": name, "requirement": requirement, **more})


def sub(name: str, *steps: Execution, requirement: str = "REQUIRED", **more: Any) -> Execution:
    return Execution.model_validate(
        {"subFlow": name, "requirement": requirement, "executions": steps, **more}
    )


def made(steps: tuple[Execution, ...], priorities: tuple[int, ...] = ()) -> tuple[Row, ...]:
    """The rows of these steps as Keycloak would have them."""
    found = []
    for index, each in enumerate(steps):
        alone = each.model_copy(update={"executions": ()})
        name = each.sub_flow or each.authenticator
        found.append(
            Row(
                alone,
                id=f"row of {name}",
                priority=priorities[index] if priorities else 10 * (index + 1),
                flow_id=f"flow {name}" if each.sub_flow else "",
                config_id=f"config {each.config_alias}" if each.config_alias else "",
                rows=made(each.executions),
            )
        )
    return tuple(found)


def changes(
    before: tuple[Execution, ...], after: tuple[Execution, ...], *priorities: int
) -> list[tree.Change]:
    return tree.changes(Place("top", "top id"), made(before, priorities), after)


COOKIE, OTP, PASSWORD = step("cookie"), step("otp"), step("password")


def test_the_same_steps_need_no_call():
    steps = (COOKIE, sub("forms", PASSWORD, sub("second", OTP)))
    assert changes(steps, steps) == []


def test_a_requirement_deep_inside_is_one_call():
    before = (COOKIE, sub("forms", PASSWORD, OTP))
    (found,) = changes(before, (COOKIE, sub("forms", PASSWORD, step("otp", "DISABLED"))))
    assert found == Adjust(made((PASSWORD, OTP))[1], "DISABLED", 20)
    assert tree.is_one_call(found)


def test_a_step_between_two_others_gets_a_priority_between_theirs():
    (found,) = changes((COOKIE, OTP), (COOKIE, PASSWORD, OTP))
    assert found == Add(PASSWORD, Place("top", "top id"), 15)


def test_a_step_that_moves_is_the_only_one_that_is_written():
    (found,) = changes((COOKIE, PASSWORD, OTP), (OTP, COOKIE, PASSWORD))
    assert isinstance(found, Adjust)
    assert (found.row.step, found.priority) == (OTP, 4)


def test_where_no_number_is_free_the_level_is_numbered_anew():
    found = changes((COOKIE, OTP), (COOKIE, PASSWORD, OTP), 1, 2)
    assert {(item.row.step.authenticator, item.priority) for item in found if isinstance(item, Adjust)} == {
        ("cookie", 10),
        ("otp", 30),
    }
    assert Add(PASSWORD, Place("top", "top id"), 20) in found


def test_an_execution_that_somebody_added_is_removed():
    (found,) = changes((COOKIE, step("deny"), OTP), (COOKIE, OTP))
    assert isinstance(found, Remove)
    assert found.row.step.authenticator == "deny"


def test_what_is_new_is_made_before_anything_is_removed_or_switched():
    found = changes((COOKIE, OTP), (step("cookie", "ALTERNATIVE"), PASSWORD))
    assert [type(item) for item in found] == [Add, Remove, Adjust]


def test_a_sub_flow_that_moves_into_another_one_is_removed_first_since_its_name_is_needed():
    before = (sub("forms", PASSWORD), sub("second", OTP))
    found = changes(before, (sub("forms", PASSWORD, sub("second", OTP)),))
    assert [type(item) for item in found] == [Remove, Add]
    assert not tree.is_one_call(found[1])


def test_a_configuration_is_made_changed_and_removed():
    with_, other = (
        step("idp", configAlias="ours", config={"defaultProvider": "a"}),
        step("idp", configAlias="ours", config={"defaultProvider": "b"}),
    )
    for before, after in ((step("idp"), with_), (with_, other), (with_, step("idp"))):
        (found,) = changes((before,), (after,))
        assert isinstance(found, Configure)
        assert found.step == after


def test_a_configuration_with_a_declared_secret_is_always_written():
    steps = (step("captcha", configAlias="ours"),)
    (found,) = tree.changes(Place("top", "id"), made(steps), steps, {"ours"})
    assert isinstance(found, Configure)


def test_of_two_steps_of_one_authenticator_each_keeps_its_configuration():
    one, two = step("idp", configAlias="one"), step("idp", configAlias="two")
    (found,) = changes((one, two), (two,))
    assert isinstance(found, Remove)
    assert found.row.step.config_alias == "one"


def test_another_description_of_a_sub_flow_is_one_call():
    (found,) = changes((sub("forms", OTP),), (sub("forms", OTP, description="of ours"),))
    assert isinstance(found, Describe)


def test_a_sub_flow_that_is_to_fill_a_form_is_made_anew():
    found = changes((sub("forms"),), (sub("forms", authenticator="registration-page-form"),))
    assert [type(item) for item in found] == [Remove, Add]


_STEPS = st.lists(st.sampled_from("abcdef"), max_size=6, unique=True)


@given(_STEPS, _STEPS, st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_the_changes_lead_to_the_declared_order_whatever_was_there(before, after, numbers):
    priorities = tuple(sorted(numbers[: len(before)]))
    rows = made(tuple(map(step, before)), priorities) if before else ()
    live = {row.step.authenticator: row.priority for row in rows}
    for item in tree.changes(Place("top", "id"), rows, tuple(map(step, after))):
        match item:
            case Remove(row):
                del live[row.step.authenticator]
            case Add(new, _, priority):
                live[new.authenticator] = priority
            case Adjust(row, _, priority):
                live[row.step.authenticator] = priority
    assert sorted(live, key=lambda name: live[name]) == after
    assert len({*live.values()}) == len(live)


def test_rows_are_read_as_a_tree_and_secrets_are_left_out():
    listed = [
        {"id": "1", "level": 0, "requirement": "ALTERNATIVE", "providerId": "cookie", "displayName": "Cookie"},
        {"id": "2", "level": 0, "requirement": "REQUIRED", "authenticationFlow": True, "displayName": "forms", "flowId": "f"},
        {"id": "3", "level": 1, "requirement": "REQUIRED", "providerId": "captcha", "displayName": "C", "authenticationConfig": "c"},
        {"id": "4", "level": 0, "requirement": "DISABLED", "providerId": "otp", "displayName": "OTP", "priority": 7},
    ]  # fmt: skip
    config = {"alias": "ours", "config": {"site": "a", "secret": tree.MASK, "empty": ""}}
    first, second, third = tree.rows(listed, {"c": config}.__getitem__)
    assert (first.step.authenticator, third.priority) == ("cookie", 7)
    assert second.rows[0].masked == (("secret", tree.MASK),)
    assert second.whole() == sub("forms", step("captcha", configAlias="ours", config={"site": "a"}))


def flow(**values: Any) -> AuthenticationFlow:
    return AuthenticationFlow.model_validate({"realm": "r", "alias": "top", **values})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"executions": [{"authenticator": "a", "requirement": "SOMETIMES"}]}, "REQUIRED"),
        ({"executions": [{"requirement": "REQUIRED"}]}, "give authenticator or subFlow"),
        ({"executions": [{"authenticator": "a", "requirement": "CONDITIONAL"}]}, "only a sub-flow"),
        ({"executions": [{"authenticator": "a", "requirement": "REQUIRED", "config": {"b": "c"}}]}, "configAlias"),
        (
            {"executions": [{"authenticator": "a", "requirement": "REQUIRED", "configAlias": "x", "config": {"b": ""}}]},
            "no empty setting",
        ),
        ({"executions": [{"subFlow": "a", "requirement": "REQUIRED", "configAlias": "x"}]}, "no configuration"),
        ({"executions": [{"authenticator": "a", "requirement": "REQUIRED", "description": "x"}]}, "need subFlow"),
        ({"executions": [{"subFlow": "top", "requirement": "REQUIRED"}]}, "'top' is the name of a flow or sub-flow twice"),
        (
            {
                "executions": [
                    {"subFlow": "a", "requirement": "REQUIRED", "executions": [{"subFlow": "b", "requirement": "REQUIRED"}]},
                    {"subFlow": "b", "requirement": "REQUIRED"},
                ]
            },
            "'b' is the name of a flow or sub-flow twice",
        ),
        (
            {"executions": [{"authenticator": "a", "requirement": "REQUIRED", "configAlias": "x"}] * 2},
            "'x' is the name of a configuration twice",
        ),
        ({"configSecrets": {"x/key": "hidden-value"}}, "'x/key' is not"),
        (
            {
                "executions": [
                    {"authenticator": "a", "requirement": "REQUIRED", "configAlias": "x", "config": {"key": "1"}}
                ],
                "configSecrets": {"x/key": "hidden-value"},
            },
            "stands in the config",
        ),
    ],
)  # fmt: skip
def test_a_wrong_tree_is_refused_with_the_reason_and_without_a_secret(values, reason):
    with pytest.raises(ValidationError, match=reason) as caught:
        flow(**values)
    assert "hidden-value" not in str(caught.value)


def test_a_sub_flow_with_the_name_of_one_of_keycloaks_own_is_refused_when_it_is_new():
    steps = [{"subFlow": "forms", "requirement": "REQUIRED"}]
    (reason,) = flow(executions=steps).refused_when_new()
    assert "'forms'" in reason
    assert not [*flow(alias="browser", executions=steps).refused_when_new()]


def test_an_export_is_cut_down_to_the_parts_of_one_flow():
    exported = {
        "authenticationFlows": [
            {
                "alias": "top",
                "authenticationExecutions": [{"flowAlias": "inner"}, {"authenticatorConfig": "a"}],
            },
            {"alias": "inner", "authenticationExecutions": [{"authenticatorConfig": "b"}]},
            {"alias": "other", "authenticationExecutions": [{"authenticatorConfig": "c"}]},
        ],
        "authenticatorConfig": [{"alias": name} for name in "abc"],
    }
    found = tree.within(exported, "top")
    assert (set(found.flows), set(found.configs)) == ({"top", "inner"}, {"a", "b"})
    assert tree.within(exported, "gone").flows == {}
