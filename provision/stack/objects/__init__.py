"""The kinds of objects that belong to a stack as a whole and to none of its servers."""

MODULE = "index"
GROUPS = ("The stack as a whole",)
