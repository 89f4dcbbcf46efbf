"""Sets of points: neighbours, one-to-one matching, agreement."""
