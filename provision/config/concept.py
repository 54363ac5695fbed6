"""The base of every part of the configuration."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING

from provision.core.spec import Declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Concept(Declared):
    """A frozen part of the configuration.

    The text below a field is the field's description in the JSON Schema. Pydantic's ``use_attribute_docstrings`` would
    parse the source of every class at each start; here it is parsed when somebody asks for the schema.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the JSON Schema with the descriptions of the fields."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for parent in cls.__mro__:
            if issubclass(parent, Concept) and parent is not Concept:
                for name, text in _descriptions(parent):
                    info = cls.model_fields[name]
                    properties.get(info.alias or name, {}).setdefault("description", text)
        return schema


def _descriptions(concept: type[Concept]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a class that are followed by a text, with the text."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(concept))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
