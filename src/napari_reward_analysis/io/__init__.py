"""Files in and out: images, point tables, masks, and simulated sample data.

Nothing is imported here, so that asking for one format does not load the others.
"""
