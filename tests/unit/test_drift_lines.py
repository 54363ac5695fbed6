"""The lines of a drift report."""

from provision.cli.screen import Results
from provision.engine.events import Change, FieldChange


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
