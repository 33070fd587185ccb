"""What the core thinks in: frozen values, no behaviour beyond their own arithmetic."""
