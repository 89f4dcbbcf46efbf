"""The noise study: what tuning is worth as noise rises."""

#: Line of the list of commands.
HELP = "Study what noise does to the search."
