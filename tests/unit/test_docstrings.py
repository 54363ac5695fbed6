"""The docstrings of provision/ are plain English: a reader understands each one at first sight."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.syntax import parsed

_PACKAGE = Path(__file__).parents[2] / "provision"

_DONE = (
    "_lib",
    "cli",
    "config",
    "core",
    "engine",
    "keycloak",
    "provider",
    "resources",
    "rules",
    "runtimes",
    "server",
    "stack",
    "verify",
)
"""The folders of the package whose docstrings are checked."""

_WEAK_FIRST_WORDS = {
    "whether": "'Return whether …' for a function, 'True if …' for a property",
    "what": "a verb, such as 'Return the …'",
    "how": "a verb, such as 'Return the …'",
    "which": "a verb, such as 'Return the …'",
    "where": "a verb, such as 'Return the address of …'",
    "why": "'Return why …' or 'Return the reason for …'",
    "it": "the noun itself",
    "its": 'the noun itself, such as "Return the client\'s …"',
    "their": 'the noun itself, such as "Return the clients\' …"',
    "those": "the noun itself, such as 'Yield the clients that …'",
    "there": "a verb, such as 'Raise an error if there is no …'",
}
"""First words that name nothing, each with a better beginning."""

_FORBIDDEN = {
    r"those (that|who|which)": "name the things: 'the clients that …'",
    r"those of": "name the things: 'the roles of …'",
    r"what (is|are|was) (told|said|there|named)": "name the thing: 'the values in …'",
    r"(is|are|was) (told|said)": "say who does it, in the active voice: 'the stack passes …', 'the file names …'",
    r"told of|tells of|says nothing": "name the fact: 'reports …', 'does not show …'",
    r"what it (says|is told|tells)": "name the content: 'the text of …'",
    r"as good as": "'almost', or the exact fact",
    r"where it (is|was) not|where there is none": "'if there is none', 'if … is missing'",
    r"or none where": "'or None if …'",
    r"of which": "a second sentence, or 'whose'",
    r"whoever|whatever": "name the person or the thing: 'a client that …', 'any value'",
    r"are such": "repeat the noun",
}
"""Phrases that make a reader stop, each with a better wording."""


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Yield the line and the text of every docstring, and whether it belongs to a function or method."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for number, statement in enumerate(body if isinstance(body, list) else []):
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    of_function = number == 0 and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                    yield statement.lineno, text, of_function


def _complaints(source: str) -> Iterator[str]:
    """Yield each defect of a module's docstrings with its line and a better wording."""
    for line, text, of_function in _docstrings(parsed(source)):
        first = re.split(r"\W", text.strip(), maxsplit=1)[0].lower()
        if of_function and first in _WEAK_FIRST_WORDS:
            yield f"{line}: begins with '{first}': write {_WEAK_FIRST_WORDS[first]}"
        for phrase, better in _FORBIDDEN.items():
            found = re.search(rf"\b({phrase})\b", " ".join(text.split()), re.IGNORECASE)
            if found:
                yield f"{line}: '{found[0]}': write {better}"


def _modules() -> list[Path]:
    """Return the modules whose docstrings are checked."""
    return [module for folder in _DONE for module in sorted((_PACKAGE / folder).rglob("*.py"))]


def test_every_folder_that_is_checked_exists():
    assert [folder for folder in _DONE if not (_PACKAGE / folder).is_dir()] == []


def test_docstrings_begin_with_a_verb_and_hold_no_riddles():
    complaints = [
        f"{module.relative_to(_PACKAGE.parent)}:{complaint}"
        for module in _modules()
        for complaint in _complaints(module.read_text())
    ]
    assert not complaints, "docstrings that a reader has to read twice:\n" + "\n".join(complaints)


@pytest.mark.parametrize("word", _WEAK_FIRST_WORDS)
def test_a_weak_first_word_is_found(word):
    function = f'def f():\n    """{word.capitalize()} a client."""\n'
    assert [*_complaints(function)] == [f"2: begins with '{word}': write {_WEAK_FIRST_WORDS[word]}"]


def test_a_module_may_begin_with_any_word():
    assert [*_complaints('"""What a rule is."""\n')] == []


@pytest.mark.parametrize(
    "text",
    [
        "Return those that exist.",
        "Return the clients, without those of the master realm.",
        "Return what is told.",
        "A value that is said.",
        "Return the outputs or None where the stack is gone.",
        "Return an answer to whoever asks.",
        "Return the words,\n    as good\n    as the engine's.",
    ],
)
def test_a_forbidden_phrase_is_found(text):
    assert len([*_complaints(f'def f():\n    """{text}"""\n')]) >= 1


def test_the_docstring_of_a_constant_is_checked():
    assert len([*_complaints('A = 1\n"""The values as good as known."""\n')]) == 1
