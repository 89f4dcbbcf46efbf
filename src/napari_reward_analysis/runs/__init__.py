"""Make, save and load the runs of all analyses."""
