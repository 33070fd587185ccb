"""From named bytes to typed documents, or to every error in them. Opens no file and knows no clock."""
