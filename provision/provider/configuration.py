"""The provider's own configuration: a check against its declaration, and its reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from provision._lib.errors import UsageError
from provision._lib.validation import problems
from provision.provider.wire import UNKNOWN, Hidden, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.core.configuration import Configuration


def check(declared: type[Configuration], news: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Check the configuration that the engine passes.

    Args:
        declared: The declaration of the configuration.
        news: The configuration as the engine passes it; keys that are not the provider's own are ignored.

    Returns:
        The provider's own values, unchanged, and a list of their errors (without any value).
    """
    fields = declared.fields()
    inputs = {name: news[name] for name in fields if news.get(name) is not None}
    if not inputs:
        return {}, []  # a program without objects of that world
    missing = [name for name, field in fields.items() if field.required and name not in inputs]
    failures = (
        [f"{', '.join(missing)}: must be given with the other settings of the connection"] if missing else []
    )
    try:
        declared.model_validate(
            {name: plain(value) for name, value in inputs.items() if plain(value) is not UNKNOWN}
        )
    except ValidationError as error:
        failures += [str(problem) for problem in problems(error, declared) if not problem.missing]
    for name, value in inputs.items():
        if fields[name].secret and value is not UNKNOWN:
            inputs[name] = Hidden(plain(value))
    return inputs, failures


def read(declared: type[Configuration], arguments: Mapping[str, Any]) -> Configuration | None:
    """Read the checked configuration.

    Returns:
        The configuration, or None if the provider has none.

    Raises:
        UsageError: A value is wrong, for example because another version stored it.
    """
    given = {name: str(arguments[name]) for name in declared.fields() if arguments.get(name) is not None}
    if not given:
        return None
    try:
        return declared.model_validate(given)
    except ValidationError as error:
        raise UsageError(
            f"The configuration of the provider is wrong: {'; '.join(map(str, problems(error, declared)))}",
            "Correct the arguments of the provider.",
        ) from None
