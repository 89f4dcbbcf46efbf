"""Readers of microscope file formats, one file a format."""
