"""A production image is named by its digest."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="container-image-digest",
    severity="medium",
    title="A production image is named by its digest",
    why="A tag can be moved to another image: the next start then runs what nobody here has seen.",
    fix="image: quay.io/keycloak/keycloak:26.8.0@sha256:…",
    example='Container: image: "quay.io/keycloak/keycloak:26.8.0"',
    see="https://docs.docker.com/build/building/best-practices/",
    on=("Container",),
    profiles=("staging", "prod"),
    staging="advisory",
)
def check(container: Resource) -> Iterator[Violation]:
    """Check that the image is named by a digest."""
    if "sha256:" not in str(container.get("image")):
        yield Violation("image", "is named by a tag")
