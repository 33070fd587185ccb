"""Tests of the commands, run as processes the way people run them."""
