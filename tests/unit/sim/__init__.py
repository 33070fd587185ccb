"""The driver of simulated hosts."""
