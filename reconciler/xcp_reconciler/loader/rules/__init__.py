"""What the fields of a manifest must say together: each rule names the place that breaks it."""
