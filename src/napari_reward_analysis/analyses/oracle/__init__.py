"""Find columns with a trained network, and compare runs with an oracle."""

#: Line of the list of commands.
HELP = "Find columns with a network or a file, and compare a run with them."
