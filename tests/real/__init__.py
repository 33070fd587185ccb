"""Tests against real hypervisors, one after the other."""
