"""Networks that come with the package, with the record of their training."""
