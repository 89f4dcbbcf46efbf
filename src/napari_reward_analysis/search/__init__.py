"""The search that all analyses share."""
