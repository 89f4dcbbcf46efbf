"""Layers of the viewer: reading images, regions and points from them, and showing results."""
