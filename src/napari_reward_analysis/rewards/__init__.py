"""Rewards: numbers from physics that a search minimises."""
