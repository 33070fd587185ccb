"""Switches that turn off one guard each: a line of the program that prevents harm or endless work."""
