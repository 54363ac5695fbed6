"""Samples of LDAP user federations and their mappers."""

from tests.support.samples.sample import Sample

_FEDERATION = {
    "name": "corp / é",
    "connectionUrl": "ldap://127.0.0.1:1",
    "bindDn": "cn=keycloak,dc=example,dc=org",
    "bindCredential": "first-password-of-the-directory",
    "editMode": "WRITABLE",
    "connectionTimeout": 1400,
    "readTimeout": 2400,
    "config": {"connectionTrace": ["false"]},
    "usersDn": "ou=people,dc=example,dc=org",
}

SAMPLES = {
    "provision:keycloak:LdapUserFederation": Sample(
        _FEDERATION,
        {
            "enabled": False,
            "priority": 7,
            "vendor": "rhds",
            "connectionUrl": "ldap://127.0.0.1:2 ldap://127.0.0.1:3",
            "useTruststore": "never",
            "connectionPooling": True,
            "connectionTimeout": 1500,
            "readTimeout": 2500,
            "bindDn": "cn=other,dc=example,dc=org",
            "bindCredential": "second-password-of-the-directory",
            "usersDn": "ou=staff,dc=example,dc=org",
            "searchScope": "sub",
            "userFilter": "(mail=*)",
            "usernameAttribute": "mail",
            "rdnAttribute": "cn",
            "uuidAttribute": "nsuniqueid",
            "userObjectClasses": ["person"],
            "pagination": True,
            "importUsers": False,
            "syncRegistrations": True,
            "trustEmail": True,
            "validatePasswordPolicy": True,
            "batchSize": 50,
            "fullSyncPeriod": 86400,
            "changedSyncPeriod": 3600,
            "config": {"connectionTrace": ["true"]},
        },
    ),
    "provision:keycloak:LdapMapper": Sample(
        {
            "federation": "corp / é",
            "name": "department / é",
            "providerId": "user-attribute-ldap-mapper",
            "config": {
                "user.model.attribute": "department",
                "ldap.attribute": "departmentNumber",
                "read.only": "true",
            },
        },
        {
            "config": {
                "user.model.attribute": "team",
                "ldap.attribute": "ou",
                "always.read.value.from.ldap": "true",
            }
        },
        needs=(("provision:keycloak:LdapUserFederation", _FEDERATION),),
    ),
}
