"""Tell which columns the bare image supports: the sites of its lattices, and their columns."""
