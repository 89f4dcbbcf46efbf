"""The dock "Studies": sliding windows, noise, oracle."""
