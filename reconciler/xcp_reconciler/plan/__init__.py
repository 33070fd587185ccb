"""Every decision that xcp takes, as pure functions of what is wanted, what is seen and what is remembered."""
