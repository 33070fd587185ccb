"""Quantities and durations."""
