"""The samples reach every field: what the suite against a real Keycloak does not change, it does not prove."""

from __future__ import annotations

import pytest

from provision.core.registry import catalogue
from provision.core.spec import Mark
from tests.support.samples import SAMPLES
from tests.support.values import changes

_FEATURE_OFF = "needs a feature of Keycloak that is off in the tests; tried in the file of its kind"
_OTHER_OWNER = "another type of the same object; tried in test_identity_providers.py"

EXCEPTIONS = {
    "AudienceMapper": {"includedClientAudience": "excludes includedCustomAudience, which is tried"},
    "Client": {
        "access": "a public client takes its secret away with it; tried in test_clients.py",
        "resourceUrl": _FEATURE_OFF,
    },
    "ClientPolicy": {"clientIdUri": _FEATURE_OFF},
    "ClientProfile": {"rotation": _FEATURE_OFF, "clientIdMetadataDocument": _FEATURE_OFF},
    "IdentityProviderMapper": {
        "claimToRole": _OTHER_OWNER,
        "hardcodedAttribute": _OTHER_OWNER,
        "hardcodedRole": _OTHER_OWNER,
        "mapper": _OTHER_OWNER,
    },
    "MailServer": {
        "authType": "needs other fields with it; tried in test_realm_settings.py",
        "password": "excludes a login with a token, which is tried; tried in test_realm_settings.py",
    },
    "Realm": {
        "duplicateEmailsAllowed": "excludes loginWithEmailAllowed; tried in test_realms.py",
        "features": "what the program says of its Keycloak, stored nowhere",
        "expectedIssuer": "a check of the answer, stored nowhere in Keycloak",
    },
    "TrustedHostsPolicy": {
        "hostSendingRegistrationRequestMustMatch": "Keycloak refuses to have both checks off, and the sample has the "
        "other one off; tried in test_keycloak_objects.py"
    },
    "LdapUserFederation": {
        "authType": "excludes the password, which is tried; tried in test_user_federation.py",
        "editMode": "excludes what needs WRITABLE, which is tried; tried in test_user_federation.py",
        "startTls": "excludes connectionPooling, which is tried; tried in test_user_federation.py",
    },
    "RealmKey": {"curve": "excludes algorithm and keySize, which are tried"},
}
"""Fields that no sample changes, each with the reason."""

_KEYCLOAK = {
    token.rsplit(":", 1)[-1]: calls.spec
    for token, calls in catalogue().items()
    if token.startswith("provision:keycloak:")
}
_FIXED = {Mark.NATURAL_KEY, Mark.REPLACE_ON_CHANGE, Mark.CREATE_ONLY}


def changeable(spec):
    return {name for name, field in spec.fields().items() if not _FIXED & field.marks}


@pytest.mark.parametrize("name", _KEYCLOAK)
class TestEverySample:
    def test_it_changes_every_field_that_can_be_changed(self, name):
        changed = changes(f"provision:keycloak:{name}").keys()
        assert changeable(_KEYCLOAK[name]) - changed == EXCEPTIONS.get(name, {}).keys()

    def test_it_changes_nothing_that_cannot_be_changed(self, name):
        assert changes(f"provision:keycloak:{name}").keys() <= changeable(_KEYCLOAK[name])

    def test_each_of_its_changes_is_one(self, name):
        sample, defaults = SAMPLES[f"provision:keycloak:{name}"], _KEYCLOAK[name].defaults()
        same = [
            field
            for field, value in changes(f"provision:keycloak:{name}").items()
            if sample.inputs.get(field, defaults.get(field)) == value
        ]
        assert same == []


def test_no_exception_is_for_a_kind_that_is_gone():
    assert EXCEPTIONS.keys() <= _KEYCLOAK.keys()
