"""Amorphous regions: where the columns of a crystal lost their order."""
