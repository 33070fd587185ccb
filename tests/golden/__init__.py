"""Outputs that people read, kept as files."""
