"""From columns to regions: how far each is from crystal, the area that is, and how sure."""
