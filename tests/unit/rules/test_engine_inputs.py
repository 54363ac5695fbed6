"""Inputs as the engine tells them become what rules look at: nothing unknown or secret is taken for a value."""

import pytest

from provision.provider import wire
from provision.provider.wire import (
    OUTPUT_VALUE,
    SECRET,
    SIGNATURE,
    UNKNOWNS,
    Hidden,
    to_struct,
)
from provision.rules.model import MASKED, UNKNOWN
from provision.rules.sources import engine_inputs


def seen(value):
    return engine_inputs.resource("provision:keycloak:Client", "urn:a", {"x": value}).properties["x"]


@pytest.mark.parametrize("sign", sorted(UNKNOWNS))
def test_what_is_not_known_yet_is_marked_wherever_it_stands(sign):
    assert seen(sign) is UNKNOWN
    assert seen({"a": ["b", sign]})["a"][1] is UNKNOWN


@pytest.mark.parametrize(
    "secret",
    [
        {SIGNATURE: SECRET, "ciphertext": "[secret]"},
        {SIGNATURE: SECRET, "value": "in clear"},
        {SIGNATURE: OUTPUT_VALUE, "value": "in clear", "secret": True},
    ],
)
def test_a_secret_is_marked_and_its_value_dropped(secret):
    assert seen(secret) is MASKED
    assert seen([secret]) == [MASKED]


def test_outputs_and_plain_values_are_what_they_hold():
    assert seen({SIGNATURE: OUTPUT_VALUE, "value": 3.0}) == 3
    assert isinstance(seen(3.0), int)
    assert seen({SIGNATURE: OUTPUT_VALUE}) is UNKNOWN
    assert seen([1.5, True, None, {"a": "b"}]) == [1.5, True, None, {"a": "b"}]


def test_what_is_secret_by_its_kind_is_seen_where_it_was_given():
    client, given = "provision:keycloak:Client", {"clientId": Hidden("app"), "secret": Hidden("changeme")}
    assert engine_inputs.secrets_of(client, to_struct(given)) == {"secret": "changeme"}
    assert engine_inputs.secrets_of(client, to_struct({"secret": Hidden(wire.UNKNOWN)})) == {
        "secret": UNKNOWN
    }
    assert engine_inputs.secrets_of(client, to_struct({})) == engine_inputs.secrets_of(client, None) == {}
    assert engine_inputs.secrets_of("provision:process:McpServer", to_struct(given)) == {}


def test_a_secret_that_is_seen_takes_the_place_of_its_mark():
    masked = {"secret": {SIGNATURE: SECRET, "ciphertext": "[secret]"}}
    read = engine_inputs.resource("provision:keycloak:Client", "urn:a", masked, {"secret": "changeme"})
    assert read.properties == {"secret": "changeme"}
