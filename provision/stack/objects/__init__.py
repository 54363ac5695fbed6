"""What belongs to a stack as a whole and to no server of it."""

MODULE = "index"
