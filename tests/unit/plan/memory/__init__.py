"""The balance of memory: guests on a virtual clock, and what is promised of every step."""
