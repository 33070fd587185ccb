"""The model's own arithmetic and its written form."""
