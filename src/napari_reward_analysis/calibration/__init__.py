"""Measure the crystal in an image: its lattice, the pixel size, and the crystalline area.

`measure.measure_lattice` finds a chosen crystal in the power spectrum.
`vectors.measure_vectors` finds any lattice without a chosen crystal.
`blind.find_lattice` finds the columns of its cell too, and `fitting.fitting_presets` the
presets that fit it.
`drawn.drawn_pixels` marks scale bars, letters, dead lines and blocks without data.
`region.crystal_region` marks the pixels that are crystal.
"""
