"""Small widgets and helpers that know no analysis."""
