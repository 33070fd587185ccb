"""Whole histories with faults, and the harness that lives through them."""
