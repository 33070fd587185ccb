"""Plans, tables and drift, rendered."""
