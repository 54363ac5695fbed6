"""The profiles of stacks: what a stack is for, and with it the defaults and how strictly the rules are held."""

from __future__ import annotations

from typing import Final, Literal

Profile = Literal["dev", "test", "staging", "prod"]
PROFILES: Final[tuple[Profile, ...]] = ("dev", "test", "staging", "prod")
PRODUCTION: Final[tuple[Profile, ...]] = ("staging", "prod")
"""The profiles of stacks that are held as production: staging differs in the levels of a few rules only."""


def is_production(profile: object) -> bool:
    """Return whether a stack of the profile is held as production."""
    return profile in PRODUCTION
