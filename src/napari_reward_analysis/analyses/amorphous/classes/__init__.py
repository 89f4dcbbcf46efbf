"""Columns in classes: patches around them, kinds of column, and what crystal looks like."""
