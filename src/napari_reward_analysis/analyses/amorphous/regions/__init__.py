"""Amorphous regions from columns: distance from crystal, area, rewards and significance."""
