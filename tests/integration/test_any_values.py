"""Whatever text, number or list a field holds: Keycloak keeps it as it is, or says clearly why not."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from provision._lib.errors import OutcomeUnknownError, ProvisionError
from provision.core.registry import catalogue
from provision.core.spec import Mark
from provision.provider.wire import plain
from tests.support.samples import SAMPLES
from tests.support.values import strategy

pytestmark = pytest.mark.shares_realm

_REFERENCES = {
    "AllowedClientScopesPolicy": {"allowed_client_scopes"},
    "AllowedProtocolMappersPolicy": {"allowed_protocol_mapper_types"},
    "AudienceMapper": {"included_client_audience"},
    "AuthenticationBindings": {f"{name}_flow" for name in ("browser", "registration", "direct_grant")}
    | {f"{name}_flow" for name in ("reset_credentials", "client_authentication", "first_broker_login")},
    "AuthenticationFlow": {"config_secrets"},
    "Client": {"browser_flow", "direct_grant_flow"},
    "ClientPolicy": {"profiles"},
    "ClientRole": {"realm_composites", "client_composites"},
    "ClientRoleMapper": {"roles_of_client"},
    "GenericRegistrationPolicy": {"config"},
    "Group": {"realm_roles", "client_roles", "path"},
    "IdentityProvider": {"first_login_flow"},
    "LdapMapper": {"config", "provider_id"},
    "LdapUserFederation": {"config"},
    "Organization": {"domains", "verified_domains", "identity_providers"},
    "RealmClientScopes": {"default_scopes", "optional_scopes"},
    "RealmKey": {"algorithm", "curve", "key_size"},
    "RealmRole": {"realm_composites", "client_composites"},
    "User": {"realm_roles", "client_roles", "groups", "required_actions"},
}
"""Fields whose values name something that has to be there, or are one of a closed list of Keycloak's."""
_UNCLEAR = re.compile(r"HTTP 5\d\d|unknown_error|unknown error|no reason given", re.IGNORECASE)
_FIXED = {Mark.NATURAL_KEY, Mark.REPLACE_ON_CHANGE, Mark.CREATE_ONLY}
_IN_NAMES = {Mark.NATURAL_KEY}
_OWN_TESTS = {"Realm"}  # one is a second; see test_realms.py


def free_fields(kind):
    """The fields that take any value of their type, by wire name."""
    spec = catalogue()[kind].spec
    short = spec.__name__
    found = {}
    for wire, field in spec.fields().items():
        if field.name in _REFERENCES.get(short, ()) or (_FIXED & field.marks and field.name != "name"):
            continue
        if (values := strategy(spec, field.name)) is not None:
            found[wire] = values
    return found


_KINDS = [
    token
    for token in catalogue()
    if token.startswith("provision:keycloak:")
    and token.rsplit(":", 1)[-1] not in _OWN_TESTS
    and free_fields(token)
]


@pytest.mark.parametrize(
    "kind",
    _KINDS,
    ids=[kind.rsplit(":", 1)[-1] for kind in _KINDS],
)
def test_any_value_is_kept_as_it_is_or_refused_with_a_reason(world, kind):
    sample = SAMPLES[kind]
    needed = [(token, world.add(token, values)[1]) for token, values in sample.needs]
    wrong, free = set(), free_fields(kind)

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def tried(data):
        first = {**sample.inputs, **data.draw(some(free), "first")}
        second = data.draw(some(free), "second")
        wrong.update(life(world, kind, first, {**first, **second, **keys(kind, first)}))

    try:
        tried()
    finally:
        for token, state in reversed(needed):
            world.lifecycle(token).delete(state.properties)
    assert wrong == set()


def some(free):
    """A few of the fields: one value that is refused must not hide what becomes of all others."""
    names = st.lists(st.sampled_from(sorted(free)), min_size=1, max_size=3, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: free[name] for name in chosen}))


def keys(kind, values):
    names = {wire for wire, field in catalogue()[kind].spec.fields().items() if _IN_NAMES & field.marks}
    return {name: value for name, value in values.items() if name in names}


def life(world, kind, first, second):
    """Create, update and delete with these values; each thing that went wrong, in words."""
    lifecycle = world.lifecycle(kind)
    inputs, refused = lifecycle.check({}, {"realm": world.realm, **first})
    assume(not refused)
    changed, refused = lifecycle.check({}, {"realm": world.realm, **second})
    state = None
    try:
        state = lifecycle.create(inputs, preview=False)
        yield from drift("create", lifecycle, state, state.properties, inputs)
        if not refused:
            properties = lifecycle.update(state.properties, changed, preview=False)
            yield from drift("update", lifecycle, state, properties, changed)
    except ProvisionError as error:
        if isinstance(error, OutcomeUnknownError) or _UNCLEAR.search(str(error)):
            yield f"unclear: {str(error)[:300]}"
    finally:
        if state is not None:
            lifecycle.delete(state.properties)


def drift(when, lifecycle, state, properties, inputs):
    seen = lifecycle.read(state.id, properties, inputs)
    if seen is None:
        yield f"after {when}: not found again by {state.id[:60]!r}"
        return
    told, live = plain(inputs), plain(seen.inputs)
    for name in told:
        if told[name] != live.get(name):
            yield f"after {when}: {name} {shown(told[name])} is read as {shown(live.get(name))}"


def shown(value):
    text = ascii(value)
    return text if len(text) < 90 else f"{text[:60]}…({len(text)})"
