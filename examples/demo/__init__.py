"""What `make demo` runs: the quickstart on real machines, broken by hand and healed."""
