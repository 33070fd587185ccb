"""Where desired state, intents and assignments last."""
