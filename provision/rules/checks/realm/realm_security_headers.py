"""Login pages can't be embedded in other pages."""

import re
from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="realm-security-headers",
    severity="medium",
    title="Login pages keep Keycloak's security headers",
    why="Keycloak tells browsers not to show its pages inside those of other sites, not to guess types and to insist on HTTPS. Without, "
    "a page of an attacker lays the consent or login page under its own buttons (clickjacking), or scripts get in.",
    fix="browserSecurityHeaders: {} # Keycloak's own values",
    example='Realm: browserSecurityHeaders: {"contentSecurityPolicy": "frame-ancestors *"}',
    see="https://keycloak.org/docs/latest/server_admin/index.html#clickjacking",
    on=("Realm",),
    parameters={"frameAncestors": ["'self'", "'none'"]},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that changed headers still protect."""
    for name, value in (realm.get("browserSecurityHeaders") or {}).items():
        problem = _problem(name, str(value).strip().lower(), context) if value else ""
        if problem:
            yield Violation(
                f"browserSecurityHeaders.{name}", problem, f"browserSecurityHeaders: {{{name}: ''}}"
            )


def _problem(name: str, value: str, context: RuleContext) -> str:
    if name == "contentSecurityPolicy":
        return _framing(value, context.parameters["frameAncestors"])
    weak = {
        "strictTransportSecurity": value == "off" or re.search(r"max-age\s*=\s*\"?0+\b", value),
        "xContentTypeOptions": value != "nosniff",
        "xFrameOptions": value not in {"sameorigin", "deny"},
        "referrerPolicy": value in {"off", "unsafe-url", "no-referrer-when-downgrade"},
    }
    return _LOST[name] if weak.get(name) else ""


_LOST = {
    "strictTransportSecurity": "browsers don't insist on HTTPS",
    "xContentTypeOptions": "browsers guess what a response is",
    "xFrameOptions": "other sites may show the login page inside theirs",
    "referrerPolicy": "other sites are told the address of the login, with what is in it",
}


def _framing(policy: str, allowed: list[str]) -> str:
    directives = [directive.split() for directive in policy.split(";")]
    ancestors = next((rest for name, *rest in filter(None, directives) if name == "frame-ancestors"), None)
    if ancestors is None:
        return "other sites may show the login page inside theirs: there is no frame-ancestors"
    others = [source for source in ancestors if source not in allowed]
    return f"{' and '.join(others)} may show the login page inside other pages" if others else ""
