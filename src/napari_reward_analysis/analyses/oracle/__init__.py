"""Column finders that were trained, not searched: a network, and what a run is worth by it."""

#: Line of the list of commands.
HELP = "Find columns with a network or a file, and compare a run with them."
