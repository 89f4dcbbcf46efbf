"""Read images, regions and points from the viewer's layers, and show results in layers."""
