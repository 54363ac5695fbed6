"""Audiences are written as servers write their URL."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.audiences import canonical, custom_audience, is_url


@rule(
    id="audience-canonical",
    severity="medium",
    title="Audiences are written as servers write their URL",
    why="An audience is compared letter by letter. With a slash at the end, a port that goes without saying or a capital letter"
    " it is another one, no token is accepted, and the usual way out is to compare less strictly or not at all.",
    fix="includedCustomAudience: https://mcp.example.org/mcp",
    example='a further AudienceMapper: name: "more", includedCustomAudience: "http://localhost:3000/mcp/"',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#canonical-server-uri",
    on=("AudienceMapper",),
)
def check(mapper: Resource) -> Iterator[Violation]:
    """Check that the audience is in canonical form."""
    written = custom_audience(mapper)
    if written is not None and is_url(written) and written != canonical(written):
        at = canonical(written)
        yield Violation(
            "includedCustomAudience",
            f"is not written as a canonical URI: {written}",
            f"includedCustomAudience: {at}" if at else "",
        )
