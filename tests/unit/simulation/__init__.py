"""The simulation: its scenarios, and how they are read."""
