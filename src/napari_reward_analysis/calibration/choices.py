"""Choices that the user has about the scale and the analysed area of an image."""

from __future__ import annotations

from typing import Literal

#: Source of the pixel size.
Calibration = Literal["header", "lattice"]
#: Pixels in which columns are expected where no region is drawn.
AreaRule = Literal["field", "crystal"]
