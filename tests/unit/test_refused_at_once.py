"""What Keycloak would refuse, or take for something else, is refused before anything is made."""

from __future__ import annotations

import ast
from pathlib import Path
from unittest import mock

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import provision
from provision._lib.errors import UsageError
from provision.config.stack_config import read
from provision.core.across_fields import with_unknown
from provision.core.declarations import Declarations
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.api.transport import address
from provision.keycloak.objects.group import Group
from provision.keycloak.objects.realm_role import RealmRole
from provision.provider.lifecycle import Lifecycle
from provision.resources import keycloak
from provision.stack import new_objects
from tests.support.samples import SAMPLES
from tests.support.syntax import parsed

_MAPPER = {"scope": "s1", "name": "m"}
_AUDIENCE = {"type": "AudienceMapper", **_MAPPER, "includedCustomAudience": "https://x.example.org/mcp"}
_ATTRIBUTE = {"type": "UserAttributeMapper", **_MAPPER, "userAttribute": "a", "claimName": "a"}
_A = {"type": "RealmRole", "name": "A", "realmComposites": ["B"]}
_B = {"type": "RealmRole", "name": "B", "realmComposites": ["A"]}
_ITSELF = {"type": "RealmRole", "name": "A", "realmComposites": ["A"]}
_WITH_MORE = {"IdentityProvider", "IdentityProviderMapper", "RealmKey", "ServiceAccountRole"}
_CIRCLE = "RealmRole/B needs RealmRole/A needs RealmRole/B: none of them can be made first"


def _refusal(**values):
    with pytest.raises(UsageError) as caught:
        read(values, source="f")
    return caught.value.what


def _objects(*items, **values):
    return read({**values, "objects": [*items]}, source="f")


def _lifecycle(kind, program=None):
    handler = catalogue()[f"provision:keycloak:{kind}"]
    return Lifecycle(handler, Context(log=print), program=program)


def _failures(kind, **inputs):
    _, failures = _lifecycle(kind).check({}, {"realm": "r", **inputs})
    return failures


class TestTwoObjectsOfOneProgram:
    def test_mappers_of_two_kinds_with_one_name_in_one_scope_are_refused(self):
        assert (
            "objects[1]: UserAttributeMapper/s1//m and AudienceMapper/s1//m have the same name"
            in _refusal(objects=[_AUDIENCE, _ATTRIBUTE])
        )

    def test_mappers_of_one_name_in_two_scopes_are_not(self):
        assert len(_objects(_AUDIENCE, {**_ATTRIBUTE, "scope": "s2"}).objects) == 2

    def test_the_provider_refuses_them_in_any_program(self):
        program = Declarations()
        audience = {key: value for key, value in _AUDIENCE.items() if key != "type"} | {"realm": "r"}
        attribute = {key: value for key, value in _ATTRIBUTE.items() if key != "type"} | {"realm": "r"}
        _, none = _lifecycle("AudienceMapper", program).check({}, audience, "urn:1")
        _, again = _lifecycle("AudienceMapper", program).check({}, audience, "urn:1")
        _, twice = _lifecycle("UserAttributeMapper", program).check({}, attribute, "urn:2")
        _, elsewhere = _lifecycle("UserAttributeMapper", program).check(
            {}, {**attribute, "realm": "other"}, "urn:3"
        )
        assert none == again == elsewhere == []
        assert [line.split(", ")[0] for line in twice] == [
            "UserAttributeMapper/s1//m and AudienceMapper/s1//m have the same name"
        ]

    def test_an_object_that_the_state_knows_is_not_refused_for_its_name(self):
        program, inputs = Declarations(), {"realm": "r", "name": "s"}
        _lifecycle("ClientScope", program).check({}, inputs, "urn:1")
        _, failures = _lifecycle("ClientScope", program).check(inputs, inputs, "urn:2")
        assert failures == []
        _, failures = _lifecycle("ClientScope", program).check({}, inputs, "urn:2")
        assert failures == ["ClientScope/s is declared twice"]


class TestNamesOfNewObjects:
    def test_a_scope_that_keycloak_would_not_make_is_refused_before_the_engine_starts(self):
        with pytest.raises(UsageError, match="ClientScope/a b: name: must be ASCII without blanks"):
            new_objects.refuse(_objects({"type": "ClientScope", "name": "a b"}), list)

    def test_one_that_is_in_the_state_is_not(self):
        urn = "urn:pulumi:dev::mcp::provision:keycloak:ClientScope::ClientScope/a b"
        new_objects.refuse(_objects({"type": "ClientScope", "name": "a b"}), lambda: [{"urn": urn}])

    def test_the_provider_refuses_it_in_any_program_unless_it_exists(self):
        assert [line.partition(" (")[0] for line in _failures("ClientScope", name="a b")] == [
            "name: must be ASCII without blanks, quotes and backslashes"
        ]
        lifecycle = _lifecycle("ClientScope")
        lifecycle._handler.find = lambda spec: spec
        assert lifecycle.check({}, {"realm": "r", "name": "a b"})[1] == []


class TestUsersAndTheUserProfile:
    def test_an_attribute_that_keycloak_would_drop_is_refused_before_the_engine_starts(self):
        ada = {"type": "User", "username": "ada", "attributes": {"phone": ["01"], "gone": []}}
        with pytest.raises(
            UsageError, match="User/ada: attributes: the user profile does not know phone, so"
        ):
            new_objects.refuse(_objects(ada), list)
        new_objects.refuse(
            _objects(ada, {"type": "UserProfile", "unmanagedAttributePolicy": "ENABLED"}), pytest.fail
        )

    @pytest.mark.parametrize("name", ["ab", "a/b", "a?b", "x" * 256])
    def test_a_name_that_keycloak_would_not_take_is_refused_before_the_engine_starts(self, name):
        with pytest.raises(UsageError, match="username: must have 3 to 255 characters"):
            new_objects.refuse(_objects({"type": "User", "username": name}), list)

    def test_a_usual_name_is_not(self):
        for name in ("ada", "ada@example.org", "ada.l-1_2+x", "größe"):
            new_objects.refuse(_objects({"type": "User", "username": name}), pytest.fail)


class TestRolesThatContainEachOther:
    def test_new_ones_are_refused_before_the_engine_starts(self):
        with pytest.raises(UsageError, match="RealmRole/B needs RealmRole/A needs RealmRole/B: none"):
            new_objects.refuse(_objects(_A, _B), list)

    def test_so_is_a_role_that_contains_itself(self):
        with pytest.raises(UsageError, match="RealmRole/A needs RealmRole/A: none"):
            new_objects.refuse(_objects(_ITSELF), list)

    def test_those_of_which_one_is_in_the_state_are_not(self):
        urn = "urn:pulumi:dev::mcp::provision:keycloak:RealmRole::RealmRole/B"
        new_objects.refuse(_objects(_A, _B), lambda: [{"urn": urn}])

    def test_those_of_a_realm_that_is_taken_over_are_left_to_the_provider(self):
        new_objects.refuse(_objects(_A, _B, realm={"adopt": True}), pytest.fail)

    def test_without_them_the_state_is_not_read(self):
        new_objects.refuse(_objects(_A, {"type": "RealmRole", "name": "B"}), pytest.fail)

    def test_the_provider_refuses_them_in_any_program(self):
        program = Declarations()
        first = {"realm": "r", "name": "A", "realmComposites": ["B"]}
        second = {"realm": "r", "name": "B", "realmComposites": ["A"]}
        _, none = _lifecycle("RealmRole", program).check({}, first, "urn:1")
        _, circle = _lifecycle("RealmRole", program).check({}, second, "urn:2")
        assert none == []
        assert [line.partition(";")[0] for line in circle] == [_CIRCLE]
        _, known = _lifecycle("RealmRole", program).check(second, second, "urn:2")
        assert known == []

    def test_a_role_whose_parts_are_not_known_yet_is_in_no_circle(self):
        program, partly = Declarations(), with_unknown(RealmRole, frozenset({"realm_composites"}))
        program.add("1", RealmRole(realm="r", name="A", realm_composites=("B",)))
        spec = partly(realm="r", name="B")
        assert program.add("2", spec) is None
        assert program.circle(spec) == ()


@pytest.mark.parametrize(
    ("kind", "inputs", "reason"),
    [
        ("RealmRole", {"name": ".."}, "name: must not be empty, . or .., which are no part of a URL"),
        ("ClientRole", {"client": "c", "name": "."}, "name: must not be empty, . or .., which"),
        ("IdentityProvider", {"alias": ".."}, "alias: must not be empty, . or .., which"),
        ("Group", {"path": "/a/.."}, "path: must not be empty, . or .., which"),
        ("Group", {"path": "/a/ "}, "path: must begin with a slash, and have a name after each"),
        ("Group", {"path": "/a//b"}, "path: must begin with a slash, and have a name after each"),
        ("IdentityProvider", {"alias": "a;b"}, "alias: must be without : ; ? #"),
        ("IdentityProviderMapper", {"name": "m" * 256}, "name: is too long: it may have 255 characters"),
        ("RealmKey", {"name": "k" * 256}, "name: is too long: it may have 255 characters"),
        ("ServiceAccountRole", {"role": ".."}, "role: must not be empty, . or .., which are"),
        ("Group", {"path": "a"}, "path: must begin with a slash, and have a name after each"),
        ("Group", {"path": "/" + "x" * 256}, "path: a name in it is too long: it may have 255 characters"),
        ("ClientScope", {"name": "a\x00b"}, "name: must not be blank, and must hold no control characters"),
        ("Client", {"clientId": "a\tb"}, "clientId: must not be blank, and must hold no control characters"),
        ("Client", {"clientId": "\u2028"}, "clientId: must not be blank, and must hold no control"),
        (
            "Client",
            {"clientId": "c" * 240, "access": "confidential", "serviceAccounts": True},
            "clientId may have 239 characters with serviceAccounts",
        ),
        (
            "Client",
            {"clientId": "a", "postLogoutRedirectUris": ["https://a.example.org/x##y"]},
            "postLogoutRedirectUris: Keycloak takes a value with ## in it for two",
        ),
        (
            "TrustedHostsPolicy",
            {"hostSendingRegistrationRequestMustMatch": False, "clientUrisMustMatch": False},
            "hostSendingRegistrationRequestMustMatch and clientUrisMustMatch can't both be off",
        ),
    ],
)
def test_what_keycloak_would_refuse_is_refused_in_a_preview(kind, inputs, reason):
    needed = SAMPLES[f"provision:keycloak:{kind}"].inputs if kind in _WITH_MORE else {}
    assert any(line.startswith(reason) for line in _failures(kind, **{**needed, **inputs}))


def test_a_client_id_with_room_for_the_name_of_its_service_account_passes():
    assert _failures("Client", clientId="c" * 239, access="confidential", serviceAccounts=True) == []


def test_a_registration_that_checks_nobody_is_refused_with_the_stack_file():
    off = {"enabled": True, "senderMustMatch": False, "clientUrisMustMatch": False}
    assert "senderMustMatch and clientUrisMustMatch can't both be off" in _refusal(registration=off)


class TestAddresses:
    @pytest.mark.parametrize("name", ["", ".", ".."])
    def test_a_name_that_would_lead_to_another_object_is_in_no_address(self, name):
        for names in ((name,), ("r", "roles", name), ("r", name, "roles")):
            with pytest.raises(KeycloakError, match=r"a name in it must not be empty, \. or \.\."):
                address("admin/realms", *names)

    @given(st.lists(st.text(min_size=1, max_size=8).filter(lambda name: name not in {".", ".."}), max_size=4))
    @settings(max_examples=50, derandomize=True, database=None, deadline=None)
    def test_every_other_name_is_one_segment(self, names):
        names = [name.encode("utf-8", "ignore").decode() or "x" for name in names]
        _, *segments = address("root", *names).split("/")
        assert len(segments) == len(names)
        assert not any({*segment} & {*";?#%"} - {"%"} or segment in {".", ".."} for segment in segments)

    def test_no_other_code_for_keycloak_builds_a_path(self):
        package = Path(provision.__file__).parent / "keycloak"
        for path in package.rglob("*.py"):
            tree = parsed(path.read_text())
            texts = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
            built = [
                part.value
                for text in texts
                for part in text.values
                if isinstance(part, ast.Constant)
                and ("realms/" in part.value or part.value.startswith("admin/"))
            ]
            assert built == (["/realms/"] if path.name == "realm.py" else []), (
                path
            )  # the issuer, which is no request
            called = {
                node.func.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert "quote" not in called or path.name == "transport.py", path
            assert "Request" not in called or path.name == "session.py", path


class TestGroupPaths:
    @pytest.mark.parametrize(
        ("path", "above"),
        [
            ("/cost~", None),
            ("/cost~/x", None),
            ("/cost~~/x", "/cost~"),
            ("/a~/b/c", "/a~/b"),
            ("/a~~~/b", None),
        ],
    )
    def test_a_tilde_before_a_slash_is_told_from_one_that_escapes_it(self, path, above):
        assert [*Group(realm="r", path=path).references()] == ([] if above is None else [("Group", above)])


class TestTheOrderOfAProgram:
    def test_an_object_of_which_arguments_are_left_out_is_found_by_those_that_name_it(self):
        told = keycloak.Client._told(keycloak.Client, {"realm": "r", "client_id": "c", "resource_url": None})
        assert told.key_in_container() == ("Client", "c")

    def test_an_object_of_which_arguments_are_not_known_yet_still_comes_after_those_that_it_names(self):
        later = mock.Mock(spec=pulumi.Output)
        arguments = {"realm": later, "scope": "s", "name": later, "included_custom_audience": later}
        told = keycloak.AudienceMapper._told(keycloak.AudienceMapper, arguments)
        assert [*told.references()] == [("ClientScope", "s")]
