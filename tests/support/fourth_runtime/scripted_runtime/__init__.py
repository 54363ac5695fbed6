"""A fourth runtime in the form of a separate distribution: its programs are in a folder of the stack."""
