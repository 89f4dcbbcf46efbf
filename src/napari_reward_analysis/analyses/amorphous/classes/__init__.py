"""Columns in classes: patches around columns, kinds of column, and loss of contrast."""
