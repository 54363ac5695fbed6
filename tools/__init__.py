"""Programs that write pages and lists of this repository, and modules shared by tests and benchmarks."""
