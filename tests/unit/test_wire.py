"""Values between the protocol's structs and plain data."""

import pytest

from provision._lib.errors import ProvisionError
from provision.provider.wire import (
    UNKNOWN,
    Hidden,
    from_struct,
    holds_secret,
    holds_unknown,
    plain,
    to_struct,
)

_SIGNATURE = "4dabf18193072939515e22adb298388d"


@pytest.mark.parametrize(
    "value",
    [
        "text",
        "",
        True,
        False,
        0,
        7,
        2.5,
        [],
        ["a", 1, [True]],
        {"a": {"b": [None, "c"]}},
        Hidden("s"),
        UNKNOWN,
    ],
)
def test_a_value_survives_the_way_there_and_back(value):
    assert from_struct(to_struct({"x": value})) == {"x": value}


def test_secrets_inside_lists_and_objects_stay_secret():
    data = {"x": [{"y": Hidden({"z": [Hidden("deep")]})}]}
    assert from_struct(to_struct(data)) == data
    assert plain(data) == {"x": [{"y": {"z": ["deep"]}}]}


def test_an_absent_value_is_left_out():
    assert to_struct({"x": None, "y": 1}).fields.keys() == {"y"}


@pytest.mark.parametrize(
    "sentinel",
    [
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    ],
)
def test_every_sentinel_of_the_engine_is_unknown(sentinel):
    assert from_struct(to_struct({"x": sentinel}))["x"] is UNKNOWN


def test_an_output_value_without_a_value_is_unknown_and_keeps_its_secrecy():
    struct = to_struct({"x": {_SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "secret": True}})
    value = from_struct(struct)["x"]
    assert isinstance(value, Hidden)
    assert value.value is UNKNOWN


def test_an_asset_is_refused_in_words():
    struct = to_struct({"x": {_SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "t"}})
    with pytest.raises(ProvisionError, match="plain value"):
        from_struct(struct)


def test_unknown_and_secret_are_found_at_any_depth():
    assert holds_unknown({"a": [Hidden([UNKNOWN])]})
    assert not holds_unknown({"a": [Hidden(["known"])]})
    assert holds_secret([{"a": Hidden(1)}])
    assert not holds_secret([{"a": 1}])


def test_a_secret_does_not_show_in_its_text_form():
    assert "hunter2" not in repr([Hidden("hunter2")])
