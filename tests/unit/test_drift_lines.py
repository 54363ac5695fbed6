"""The lines of a drift report."""

import pytest

from provision.cli.drift import _show as show
from provision.cli.screen import Results
from provision.core.registry import catalogue
from provision.engine.events import Change, FieldChange
from provision.provider.unmanaged import Look, Unmanaged


def _shown(before, after, capsys):
    field = FieldChange("redirectUris", before, after, "world")
    Results().drifted(Change("urn", "t", "web", "update", (field,), "client web", "world"))
    return capsys.readouterr().out.splitlines()[1:]


def test_an_item_that_somebody_added_to_a_list_is_named_as_one_too_many(capsys):
    assert _shown(["https://a.example/", "https://evil.example/"], ["https://a.example/"], capsys) == [
        "      redirectUris has too: 'https://evil.example/'"
    ]


def test_an_item_that_somebody_took_out_of_a_list_is_named_as_lacking(capsys):
    assert _shown(["x"], ["https://a.example/"], capsys) == [
        "      redirectUris has too: 'x'",
        "      redirectUris lacks: 'https://a.example/'",
    ]


def test_a_list_in_another_order_shows_both(capsys):
    assert _shown(["b", "a"], ["a", "b"], capsys) == ["      redirectUris: ['b', 'a'], declared ['a', 'b']"]


_ROLE = catalogue()["provision:keycloak:RealmRole"].spec.model_construct(realm="acme", name="boss")


@pytest.mark.parametrize(
    ("look", "lines"),
    [
        (Look(), ["✓ no drift"]),
        (
            Look(others=(Unmanaged(_ROLE),)),
            [
                "? realm role boss in realm acme  not of this stack",
                "✓ no drift",
                "1 object is not of this stack; `provision adopt --update -s STACK` takes what has a type into the stack file",
            ],
        ),
        (
            Look(added=(Unmanaged(_ROLE, "realm acme"),)),
            [
                "+ realm role boss in realm acme  added to the realm acme by somebody else",
                "1 object was added; `provision up --prune -s STACK` takes that away, `provision adopt --update -s STACK` takes it in",
            ],
        ),
    ],
    ids=["nothing", "of others", "added"],
)
def test_what_others_made_is_named_with_the_ways_on(look, lines, capsys):
    show(Results(), [], look)
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == lines
