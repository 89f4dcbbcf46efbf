"""The dock "Amorphous regions" and what is special to it."""
