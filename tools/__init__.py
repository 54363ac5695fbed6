"""Programs that write pages and lists of this repository, and what tests and benchmarks share."""
