"""Readers of microscope file formats, one module for each format."""
