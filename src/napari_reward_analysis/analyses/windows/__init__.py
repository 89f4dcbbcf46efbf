"""Sliding windows: a search in each part of an image."""
