"""Values to test fields with, and all values of a realm for comparisons."""

from __future__ import annotations

import json
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st

from provision.keycloak.api.transport import Request
from tests.support.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.core.spec import Spec
    from provision.keycloak.api.session import Session

_ALSO: dict[str, dict[str, Any]] = {
    "provision:keycloak:ClientScope": {"consentText": "Use other tools"},
    "provision:keycloak:AudienceMapper": {"addToAccessToken": False, "addToIntrospection": True},
    # A realm that asks for https everywhere can be managed over https only.
    "provision:keycloak:Realm": {"sslRequired": "none"},
    "provision:keycloak:AllowedClientScopesPolicy": {"allowedClientScopes": []},
}


def changes(kind: str) -> dict[str, Any]:
    """Return a new value for every field of a kind's sample that can be changed together with the others."""
    return {**SAMPLES[kind].change, **_ALSO.get(kind, {})}


def everything(session: Session, realm: str) -> Any:
    """Return a realm with its whole content, without ids and without order."""
    asked = Request(
        "post",
        f"admin/realms/{realm}/partial-export",
        {"exportClients": "true", "exportGroupsAndRoles": "true"},
    )
    exported = session._transport.call(asked)
    assert exported.status_code == 200, exported.text
    document = exported.json()
    # Once written, Keycloak keeps the user profile as a component, even if the profile is the default one.
    document["components"].pop("org.keycloak.userprofile.UserProfileProvider", None)
    return _in_one_order(
        {
            "realm": document,
            "profile": session.get(realm, "users", "profile"),
            "users": [*session.list(realm, "users")],
            "tokens": session.get(realm, "clients-initial-access"),
            "realms": [item["realm"] for item in session.get("") if item["realm"].startswith(realm)],
        }
    )


def _in_one_order(value: Any) -> Any:
    if isinstance(value, dict):
        ids = {"id", "containerId", "internalId"}
        return {key: _in_one_order(item) for key, item in sorted(value.items()) if key not in ids}
    if isinstance(value, list):
        return sorted(map(_in_one_order, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


_TEXTS = st.sampled_from(
    [
        "",
        " blanks around ",
        "größe, 日本; 😀",
        "quotes \" and '",
        "a##b",
        "${message.key}",
        "<b>&amp;</b>",
        "50% / a?b#c+d",
        "null",
        "[1, 2]",
        "two\nlines\tand a tab",
        "back\\slash",
        "é".ljust(200, "x"),
        "x" * 255,
        "y" * 2000,
    ]
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


def strategy(kind: type[Spec], name: str) -> st.SearchStrategy[Any] | None:
    """Return values for a field (Python name) by its type and limits, or None if its values are not free."""
    info = kind.model_fields[name]
    return _of(info.annotation, info.metadata)


def _of(annotation: Any, limits: list[Any]) -> st.SearchStrategy[Any] | None:
    if get_origin(annotation) in {Union, UnionType}:
        annotation = next(item for item in get_args(annotation) if item is not type(None))
    origin, arguments = get_origin(annotation), get_args(annotation)
    simple: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        bool: st.booleans,
        int: lambda: _numbers(limits),
        str: lambda: _texts(limits),
    }
    if annotation in simple:
        return simple[annotation]()
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and (inner := _of(arguments[0], [])) is not None:
        return st.lists(inner, max_size=4)
    if origin is dict and arguments[1] is not Any and (inner := _of(arguments[1], [])) is not None:
        return st.dictionaries(_TEXTS.filter(lambda key: 0 < len(key) <= 200), inner, max_size=3)
    return None


def _texts(limits: list[Any]) -> st.SearchStrategy[str]:
    pattern = next((item.pattern for item in limits if getattr(item, "pattern", None)), None)
    return st.from_regex(pattern, fullmatch=True) if pattern else _TEXTS


def _numbers(limits: list[Any]) -> st.SearchStrategy[int]:
    """Return the bounds, and values between them; Keycloak's numbers have 32 bits."""
    least = next((item.ge for item in limits if getattr(item, "ge", None) is not None), -(2**31))
    most = next((item.le for item in limits if getattr(item, "le", None) is not None), 2**31 - 1)
    return st.sampled_from([least, least + 1, most]) | st.integers(least, most)
