"""Everything nondeterministic that the program needs, as Protocols."""
