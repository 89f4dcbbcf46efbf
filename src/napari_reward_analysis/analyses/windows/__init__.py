"""Sliding windows: a search in each part of an image."""

#: Line of the list of commands.
HELP = "Search an image in overlapping windows."
