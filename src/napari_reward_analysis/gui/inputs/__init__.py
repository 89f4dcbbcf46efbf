"""Inputs that several forms share: image, lattice, region, count."""
