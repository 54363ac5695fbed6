"""A fourth runtime, as a distribution of its own would bring it: programs in a folder of the stack that is theirs."""
