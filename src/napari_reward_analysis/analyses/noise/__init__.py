"""Noise study: compare a tuned LoG with other methods at rising noise."""

#: Line of the list of commands.
HELP = "Study the effect of noise on the search."
