"""Find atoms (LoG*): atomic columns by a tuned Laplacian of Gaussian."""

#: Line of the list of commands.
HELP = "Find the atomic columns of an image (LoG*)."
