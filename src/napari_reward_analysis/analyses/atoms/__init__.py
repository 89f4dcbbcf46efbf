"""Find atoms (LoG*): atomic columns by a tuned Laplacian of Gaussian."""
