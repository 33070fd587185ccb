"""Manifests to start from, and the demo that runs the first of them on real machines."""
