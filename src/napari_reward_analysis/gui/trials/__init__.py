"""The trials of a run as a table."""
