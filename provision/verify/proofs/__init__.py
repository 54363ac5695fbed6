"""One proof per module; a new module here is a new proof, and wants a section in ``docs/verify.md``."""
