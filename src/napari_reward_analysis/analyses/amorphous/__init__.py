"""Find amorphous regions, in which the columns of a crystal lost their order."""

#: Line of the list of commands.
HELP = "Find the amorphous regions of an image."
