"""Every driver runs the same laws."""
