"""Numeric kernels for memory balancing and placement."""
