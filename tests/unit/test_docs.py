"""What the pages of docs/ say about files is true."""

import re
from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[2] / "docs"
_EXAMPLES = ("library.py", "library.yaml")


@pytest.mark.parametrize("name", _EXAMPLES)
def test_the_library_page_shows_the_example_that_is_tested(name):
    example = (_DOCS / "examples" / name).read_text()
    assert len(example.splitlines()) <= 20
    assert (
        f"```{name.rpartition('.')[2]}\n{example}```".replace("```py\n", "```python\n")
        in (_DOCS / "library.md").read_text()
    )


@pytest.mark.parametrize("name", ["own_fastmcp.py", "own_sdk.py"])
def test_the_page_of_the_servers_shows_the_example_that_is_tested(name):
    example = (_DOCS / "examples" / name).read_text()
    assert len([line for line in example.splitlines() if line]) <= 10
    assert f"```python\n{example}```" in (_DOCS / "servers.md").read_text()


@pytest.mark.parametrize(
    "page", [_DOCS.parent / "README.md", *_DOCS.rglob("*.md")], ids=lambda page: page.name
)
def test_every_link_leads_somewhere(page):
    prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []
