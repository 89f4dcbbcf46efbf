"""Analyses from image to front, one file each, as plain generators of trials."""
