"""The wire model."""
