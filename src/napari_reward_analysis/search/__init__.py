"""Search settings in a loop that all analyses share."""
