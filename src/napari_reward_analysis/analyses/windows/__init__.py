"""Sliding windows: search each part of an image on its own."""

#: Line of the list of commands.
HELP = "Search an image in overlapping windows."
