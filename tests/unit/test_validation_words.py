"""A wrong value is refused in our words: no words of pydantic's or Python's, no regular expression, no exception."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel, ValidationError

from provision._lib.errors import UsageError
from provision._lib.validation import _UNKNOWN, _models_in, problems
from provision.config.stack_config import StackConfig, read
from provision.core.registry import catalogue

_VALUES = (
    *(None, True, 1, -1, 1.5, 1e300, "x", "", "x" * 300, "a b", "A", "\u00e9"),
    *([], ["x"], [1], [[]], [{}], {}, {"x": 1}, {"x": "y"}, {"x": []}, {"x": [1]}, {"x": {"y": 1}}, {"": ""}),
)
_FOREIGN = re.compile(
    r"input should|valid (tuple|dictionary|list|string|integer|number|boolean)|instance of|should be|should have|"
    r"should match|pattern|\[\^|\\s|\$'|NoneType|validation error|Value error|object has no",
    re.IGNORECASE,
)


def _places(model: type[BaseModel], seen: tuple[type[BaseModel], ...] = ()):
    """Yield a function for each key of a model, which puts a value at that key."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield key, lambda value, key=key: {key: value}
        for inner in _models_in(field.annotation) - set(seen):
            listed = "tuple" in str(field.annotation)
            for path, put in _places(inner, (*seen, inner)):
                yield (
                    f"{key}.{path}",
                    lambda value, key=key, put=put, listed=listed: {
                        key: [put(value)] if listed else put(value)
                    },
                )


_OF_A_STACK = dict(_places(StackConfig))


@pytest.mark.parametrize("place", _OF_A_STACK)
def test_a_wrong_value_in_a_stack_file_is_told_in_our_words(place):
    for value in _VALUES:
        for line in _lines(_OF_A_STACK[place](value)):
            assert not _FOREIGN.search(line), (value, line)
            assert not line.endswith(f": {_UNKNOWN}"), (value, line)


def _lines(values):
    try:
        read(values, source="f")
    except UsageError as error:
        return error.what.splitlines()[1:]
    return ()


@pytest.mark.parametrize("token", sorted(catalogue()))
def test_a_wrong_value_of_an_object_is_told_in_our_words(token):
    spec = catalogue()[token].spec
    for put in dict(_places(spec)).values():
        for value in _VALUES:
            for problem in _problems(spec, put(value)):
                assert not _FOREIGN.search(str(problem)), (put(value), str(problem))
                assert problem.reason != _UNKNOWN, (put(value), str(problem))


def _problems(spec, values):
    try:
        spec.model_validate(values)
    except ValidationError as error:
        return problems(error, spec)
    return ()
