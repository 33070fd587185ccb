"""Declared state of virtualization, compared with the observed state and converged."""
