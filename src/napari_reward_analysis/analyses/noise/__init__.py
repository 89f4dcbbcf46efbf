"""The noise study: what tuning is worth as noise rises."""
