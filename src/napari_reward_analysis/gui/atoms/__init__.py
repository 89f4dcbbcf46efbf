"""The dock "Find atoms (LoG*)" and what is special to it."""
