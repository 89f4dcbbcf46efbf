"""Column finders that were trained, not searched: a network, and what a run is worth by it."""
