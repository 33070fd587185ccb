"""Walks over declared states: from one to the next and back again, through the public API and the real loop."""
