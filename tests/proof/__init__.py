"""The proof, in legs: each runs a slice in `make test`, and the whole in `make prove`."""
