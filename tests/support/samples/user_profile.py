"""A sample of a user profile."""

from tests.support.samples.sample import Sample

_USERNAME = {
    "name": "username",
    "displayName": "${username}",
    "validations": {"length": {"min": 3, "max": 255}},
}
_EMAIL = {"name": "email", "required": ["user"], "validations": {"email": {}}}

SAMPLES = {
    "provision:keycloak:UserProfile": Sample(
        {
            "attributes": [
                _USERNAME,
                _EMAIL,
                {
                    "name": "department",
                    "displayName": "Department",
                    "required": ["user", "admin"],
                    "permissions": {"view": ["user", "admin"], "edit": ["admin"]},
                    "multivalued": True,
                    "validations": {"options": {"options": ["a", "b"]}},
                    "annotations": {"inputType": "select"},
                    "group": "user-metadata",
                },
            ],
            "unmanagedAttributePolicy": "ADMIN_EDIT",
        },
        {"attributes": [_EMAIL, {**_USERNAME, "displayName": ""}], "unmanagedAttributePolicy": "ENABLED"},
        factory=True,
    ),
}
