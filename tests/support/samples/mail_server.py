"""A sample of a mail server; a login with a password is tried in test_realm_settings.py."""

from tests.support.samples.sample import Sample

SAMPLES = {
    "provision:keycloak:MailServer": Sample(
        {
            "host": "mail.example.org",
            "fromAddress": "login@example.org",
            "fromDisplayName": "Größe & Co",
            "authType": "token",
            "user": "login",
            "authTokenUrl": "https://idp.example.org/token",
            "authTokenScope": "mail.send",
            "authTokenClientId": "keycloak",
            "authTokenClientSecret": "first-secret-of-the-mail-server",
        },
        {
            "host": "smtp.example.org",
            "port": 465,
            "ssl": True,
            "starttls": True,
            "fromAddress": "other@example.org",
            "fromDisplayName": "",
            "replyTo": "help@example.org",
            "replyToDisplayName": "Help",
            "envelopeFrom": "bounces@example.org",
            "allowUtf8": True,
            "user": "other",
            "authTokenUrl": "https://login.example.org/token",
            "authTokenScope": "smtp",
            "authTokenClientId": "mailer",
            "authTokenClientSecret": "second-secret-of-the-mail-server",
        },
    ),
}
