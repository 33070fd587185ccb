"""From bytes to documents or diagnostics."""
