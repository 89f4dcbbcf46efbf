"""Pack arrays as short text for JSON files."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt


def pack(array: npt.NDArray[Any]) -> str:
    """Return the compressed bytes of an array as text."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode("ascii")


def unpack(text: str, dtype: str) -> npt.NDArray[Any]:
    """Return the array that `pack` was given, flat and of type `dtype`."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype).copy()


def unpack_bits(text: str, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return booleans of a known shape from the bits (`np.packbits`) that `pack` was given."""
    count, packed = math.prod(shape), unpack(text, "u1")
    if count > 8 * len(packed):
        raise ValueError(f"{8 * len(packed)} bits are too few for {shape}")
    return np.unpackbits(packed, count=count).reshape(shape).astype(bool)
