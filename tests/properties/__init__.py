"""What must hold for every value and every history, tried on thousands."""
