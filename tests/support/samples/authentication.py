"""Samples of authentication flows and of what a realm uses them for."""

from tests.support.samples.sample import Sample

_FLOW = {
    "alias": "browser with OTP é",
    "description": "A login with two factors",
    "executions": [
        {"authenticator": "auth-cookie", "requirement": "ALTERNATIVE"},
        {
            "authenticator": "identity-provider-redirector",
            "requirement": "ALTERNATIVE",
            "configAlias": "to our provider",
            "config": {"defaultProvider": "corp"},
        },
        {
            "subFlow": "forms with OTP",
            "description": "User name, password, then a second factor",
            "requirement": "ALTERNATIVE",
            "executions": [
                {"authenticator": "auth-username-password-form", "requirement": "REQUIRED"},
                {
                    "subFlow": "OTP if there is one",
                    "requirement": "CONDITIONAL",
                    "executions": [
                        {"authenticator": "conditional-user-configured", "requirement": "REQUIRED"},
                        {"authenticator": "auth-otp-form", "requirement": "REQUIRED"},
                    ],
                },
                {
                    "subFlow": "no robots",
                    "authenticator": "registration-page-form",
                    "requirement": "DISABLED",
                    "executions": [
                        {
                            "authenticator": "registration-recaptcha-action",
                            "requirement": "REQUIRED",
                            "configAlias": "reCAPTCHA",
                            "config": {"site.key": "of-the-site"},
                        }
                    ],
                },
            ],
        },
    ],
}

SAMPLES = {
    "provision:keycloak:AuthenticationFlow": Sample(
        _FLOW,
        {
            "description": "",
            "configSecrets": {"reCAPTCHA/secret.key": "a-secret-of-the-site"},
            "executions": [
                {
                    "subFlow": "forms with OTP",
                    "requirement": "REQUIRED",
                    "executions": [
                        {"authenticator": "auth-otp-form", "requirement": "DISABLED"},
                        {"authenticator": "auth-username-password-form", "requirement": "REQUIRED"},
                        {
                            "subFlow": "the form",
                            "authenticator": "registration-page-form",
                            "requirement": "REQUIRED",
                            "executions": [
                                {
                                    "authenticator": "registration-recaptcha-action",
                                    "requirement": "REQUIRED",
                                    "configAlias": "reCAPTCHA",
                                    "config": {"site.key": "of-another-site"},
                                }
                            ],
                        },
                    ],
                },
                {
                    "authenticator": "identity-provider-redirector",
                    "requirement": "DISABLED",
                    "configAlias": "to another provider",
                    "config": {"defaultProvider": "other"},
                },
            ],
        },
    ),
    "provision:keycloak:AuthenticationBindings": Sample(
        {"browserFlow": _FLOW["alias"]},
        {
            "browserFlow": "browser",
            "registrationFlow": _FLOW["alias"],
            "directGrantFlow": _FLOW["alias"],
            "resetCredentialsFlow": _FLOW["alias"],
            "clientAuthenticationFlow": "ours",
            "firstBrokerLoginFlow": _FLOW["alias"],
        },
        needs=(
            ("provision:keycloak:AuthenticationFlow", _FLOW),
            (
                "provision:keycloak:AuthenticationFlow",
                {
                    "alias": "ours",
                    "flowType": "client-flow",
                    "executions": [{"authenticator": "client-secret", "requirement": "ALTERNATIVE"}],
                },
            ),
        ),
        factory=True,
    ),
}
