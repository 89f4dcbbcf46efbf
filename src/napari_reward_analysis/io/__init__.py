"""Read and write files: images, point tables, masks, and simulated sample data.

This module imports nothing, so that the use of one format does not load the others.
"""
