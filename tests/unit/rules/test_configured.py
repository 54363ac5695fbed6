"""What a stack file may say about the rules, and what happens when it says something else."""

from dataclasses import replace
from datetime import date

import pytest

from provision._lib.errors import UsageError
from provision.config.rules import RulesConfig
from provision.config.stack_config import read
from provision.rules import checks

_PARAMETERS = {"seconds": 600, "ratio": 0.5, "hosts": ("localhost",), "strict": True, "name": "x"}
RULE = replace(checks.rules()[0], id="a-rule", parameters=_PARAMETERS)


def rules(values):
    return read({"rules": values}, source="Pulumi.dev.yaml").rules


@pytest.mark.parametrize(
    "parameters",
    [{"seconds": 1}, {"ratio": 1}, {"ratio": 0.1}, {"hosts": ["a", "b"]}, {"hosts": []}, {"strict": False}],
)
def test_a_parameter_of_the_right_type_is_taken(parameters):
    RulesConfig(parameters={"a-rule": parameters}).check([RULE])


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"seconds": "1"}, "provision:rules.parameters.a-rule.seconds: must be a whole number"),
        ({"seconds": True}, "must be a whole number"),
        ({"seconds": 1.5}, "must be a whole number"),
        ({"ratio": "1"}, "must be a number"),
        ({"hosts": "localhost"}, "must be a list"),
        ({"hosts": [1]}, "must be a list"),
        ({"strict": 1}, "must be true or false"),
        ({"name": 1}, "must be text"),
        ({"second": 1}, "no parameter 'second'. Did you mean seconds?"),
    ],
)
def test_any_other_is_refused_with_its_place_and_an_example(parameters, words):
    with pytest.raises(UsageError) as raised:
        RulesConfig(parameters={"a-rule": parameters}).check([RULE])
    assert words in str(raised.value)
    assert raised.value.do


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"levels": {"a-rul": "off"}},
            "provision:rules.levels: there is no rule 'a-rul'. Did you mean a-rule?",
        ),
        ({"parameters": {"b": {}}}, "provision:rules.parameters: there is no rule 'b'."),
        (
            {"waivers": [{"rule": "a-rulle", "reason": "accepted by us", "expires": "2027-01-31"}]},
            "provision:rules.waivers[0].rule: there is no rule 'a-rulle'. Did you mean a-rule?",
        ),
    ],
)
def test_a_rule_that_there_is_not_is_refused_with_its_place_and_the_nearest(values, words):
    with pytest.raises(UsageError) as raised:
        rules(values).check([RULE])
    assert words in str(raised.value)


@pytest.mark.parametrize("text", ["2027-01-31", "2027-01-31 00:00:00 +0000 UTC"])
def test_a_date_is_understood_as_the_file_and_as_the_engine_spell_it(text):
    waiver = {"rule": "a-rule", "reason": "accepted by us", "expires": text}
    assert rules({"waivers": [waiver]}).waivers[0].expires == date(2027, 1, 31)


@pytest.mark.parametrize("text", ["soon", "31.01.2027", "2027-02-30"])
def test_what_is_no_date_is_refused_with_its_place(text):
    with pytest.raises(UsageError, match=r"provision:rules\.waivers\[0\]\.expires"):
        rules({"waivers": [{"rule": "a-rule", "reason": "accepted by us", "expires": text}]})


def test_a_waiver_needs_a_reason_that_says_something():
    with pytest.raises(UsageError, match=r"provision:rules\.waivers\[0\]\.reason"):
        rules({"waivers": [{"rule": "a-rule", "reason": "ok", "expires": "2027-01-31"}]})
