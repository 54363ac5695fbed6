"""A Keycloak page for the scripted login: its forms and its messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

# Ids of Keycloak's base login theme.
_MESSAGES = frozenset({"kc-error-message", "input-error", "input-error-username", "input-error-password"})
_TITLE = "kc-page-title"
_EMPTY = frozenset(
    {"br", "hr", "img", "input", "link", "meta", "area", "base", "col", "embed", "source", "wbr"}
)


@dataclass
class Form:
    """A form.

    Args:
        action: The address that the form is sent to.
        fields: The hidden and visible fields with their values.
        buttons: The submit buttons with their values.
    """

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page.

    Args:
        title: The heading.
        message: The error on the page; empty if there is none.
        forms: The forms.
    """

    title: str
    message: str
    forms: tuple[Form, ...]

    def form(self, *names: str) -> Form | None:
        """Return the form that has fields or buttons of all these names, or None."""
        return next((form for form in self.forms if {*form.fields, *form.buttons}.issuperset(names)), None)


def read_page(html: str) -> Page:
    """Return the forms and messages of a page.

    Args:
        html: The page's source.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(" ".join(reader.title.split()), " ".join(reader.message.split()), tuple(reader.forms))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.title = ""
        self.message = ""
        self._in_form = False
        self._noted = ""  # the element whose text is being collected, and its depth
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self._note_start(tag, has.get("id", ""))
        if tag == "form":
            self.forms.append(Form(has.get("action", "")))
            self._in_form = True
        elif tag in {"input", "button"} and self._in_form and has.get("name"):
            form = self.forms[-1]
            submits = has.get("type", "submit" if tag == "button" else "text") == "submit"
            (form.buttons if submits else form.fields)[has["name"]] = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        if self._noted and tag not in _EMPTY:
            self._depth -= 1
            if self._depth == 0:
                self._noted = ""

    def handle_data(self, data: str) -> None:
        if self._noted == _TITLE:
            self.title += data
        elif self._noted:
            self.message += data

    def _note_start(self, tag: str, element_id: str) -> None:
        if tag in _EMPTY:
            return
        if self._noted:
            self._depth += 1
        elif element_id in _MESSAGES or element_id == _TITLE:
            self._noted, self._depth = element_id, 1
