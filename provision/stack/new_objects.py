"""Objects of a stack file that can't be made at all, found before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision._lib.errors import UsageError
from provision._lib.urn import Urn
from provision.config.objects import further_name, in_order
from provision.core.declarations import Declarations, circular
from provision.keycloak.objects.user import User, refused_by_the_first_profile
from provision.keycloak.objects.user_profile import UserProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from provision.config.stack_config import StackConfig
    from provision.core.spec import Spec


def refuse(config: StackConfig, resources: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
    """Refuse new objects that Keycloak would refuse, and new ones that need each other, such as roles in a circle.

    Objects that exist already may be like that: the objects of the state, and the objects of a realm that is taken over,
    which the provider looks up.

    Args:
        config: The stack file's settings.
        resources: Returns the resources of the stack's state; called only if it matters.

    Raises:
        UsageError: An object can't be made.
    """
    _refuse_in_realm(in_order(config.objects, config.realm.name), resources, adopted=config.realm.adopt)
    for realm in config.realms:
        specs = in_order(realm.objects, realm.name)
        _refuse_in_realm({further_name(realm.name, name): spec for name, spec in specs.items()}, resources)


def _refuse_in_realm(
    specs: Mapping[str, Spec], resources: Callable[[], Iterable[Mapping[str, Any]]], *, adopted: bool = False
) -> None:
    """Refuse new objects of one realm, unless the realm is taken over.

    Args:
        specs: The objects by their Pulumi names.
        resources: Returns the resources of the stack's state; called only if it matters.
        adopted: Whether another key than the realm's own entry says that the realm is taken over.

    Raises:
        UsageError: An object can't be made.
    """
    if adopted or any(_is_taken_over(spec) for spec in specs.values()):
        return
    program = Declarations()
    for name, spec in specs.items():
        program.add(name, spec)
    names = {spec.key_in_container(): name for name, spec in specs.items()}
    refused = [
        ({name}, f"{name}: {reason}") for name, spec in specs.items() for reason in spec.refused_when_new()
    ]
    if not any(isinstance(spec, UserProfile) for spec in specs.values()):
        refused += [
            ({name}, f"{name}: {reason}")
            for name, spec in specs.items()
            if isinstance(spec, User)
            for reason in refused_by_the_first_profile(spec)
        ]
    for spec in specs.values():
        if circle := program.circle(spec):
            refused.append(({names[item.key_in_container()] for item in circle}, circular(circle)))
    if not refused:
        return
    made = {Urn.parse(str(item["urn"])).name for item in resources()}
    for parts, reason in refused:
        if not parts & made:
            raise UsageError(
                f"Keycloak can't make an object of the stack file: {reason}.", "Correct objects there."
            )


def _is_taken_over(spec: Spec) -> bool:
    return spec.token.endswith(":Realm") and bool(getattr(spec, "adopt", False))
