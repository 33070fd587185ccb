"""The loop, in virtual time over a simulated world."""
