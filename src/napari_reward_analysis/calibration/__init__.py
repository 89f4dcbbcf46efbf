"""The crystal in the image itself: its lattice, the pixel size it implies, where it is.

`measure.measure_lattice` finds a chosen crystal in the power spectrum,
`vectors.measure_vectors` whatever lattice there is, `region.crystal_region` the pixels that
are crystal.
"""
