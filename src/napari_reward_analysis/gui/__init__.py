"""Everything that draws or listens: the only part besides the reader that knows Qt."""
