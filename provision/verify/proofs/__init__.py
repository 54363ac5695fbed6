"""One proof per module; a new module here is a new proof, and needs a section in ``docs/verify.md``."""
