"""Runs on disk: head, records, log, journal; one way for all analyses."""
