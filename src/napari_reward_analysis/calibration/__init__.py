"""Measure the crystal in an image: its lattice, the pixel size, and the crystalline area.

`measure.measure_lattice` finds a chosen crystal in the power spectrum.
`vectors.measure_vectors` finds any lattice without a chosen crystal.
`region.crystal_region` marks the pixels that are crystal.
"""
