"""Sets of points: neighbours, one-to-one matching, and agreement of two sets."""
