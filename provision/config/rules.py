"""How strictly the security rules are held."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic needs it when the model is built
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from provision.config.concept import Concept
from provision.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    class _Rule(Protocol):
        @property
        def id(self) -> str: ...
        @property
        def parameters(self) -> Mapping[str, Any]: ...


class WaiverConfig(Concept):
    """What is wrong and let pass for a time."""

    rule: str
    """The rule."""
    resource: str = Field(default="*", min_length=1)
    """Which objects: the name of one as reports show it, or a pattern with `*`."""
    reason: str = Field(min_length=10)
    """Why; every report shows it."""
    expires: date
    """The last day on which it counts."""


class RulesConfig(Concept):
    """The security rules."""

    levels: dict[str, Literal["mandatory", "advisory", "off"]] = Field(default={})
    """How strictly single rules are held, by their id."""
    parameters: dict[str, dict[str, Any]] = Field(default={})
    """Parameters of single rules, by their id."""
    waivers: tuple[WaiverConfig, ...] = ()
    """What is let pass."""

    def parameters_of(self, rule: str) -> Mapping[str, Any]:
        """The parameters that are set for a rule."""
        return self.parameters.get(rule, {})

    def check(self, rules: Iterable[_Rule]) -> None:
        """Refuse what there is not.

        Args:
            rules: All rules.

        Raises:
            UsageError: A rule or a parameter is not among them, or a value is of another type.
        """
        known = {rule.id: rule for rule in rules}
        for id_ in (*self.levels, *self.parameters, *(waiver.rule for waiver in self.waivers)):
            if id_ not in known:
                raise UsageError(
                    f"rules: there is no rule {id_!r}.{_near(id_, known)}", "`provision rules` lists them."
                )
        for id_, values in self.parameters.items():
            defaults = known[id_].parameters
            for name, value in values.items():
                if name not in defaults:
                    raise UsageError(
                        f"rules.parameters.{id_}: there is no parameter {name!r}.{_near(name, defaults)}",
                        f"It has: {', '.join(defaults) or 'none'}.",
                    )
                if type(value) is not type(defaults[name]):
                    raise UsageError(
                        f"rules.parameters.{id_}.{name}: must be of the type {type(defaults[name]).__name__}.",
                        f"For example {defaults[name]!r}.",
                    )


def _near(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""
