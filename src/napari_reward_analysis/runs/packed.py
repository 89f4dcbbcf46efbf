"""Arrays as short pieces of text, for files of JSON."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt


def pack(array: npt.NDArray[Any]) -> str:
    """An array's bytes, compressed, as text."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode("ascii")


def unpack(text: str, dtype: str) -> npt.NDArray[Any]:
    """The array of a known type, flat, that `pack` was given."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype).copy()


def unpack_bits(text: str, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """The booleans of a known shape, of which `pack` was given the bits (`np.packbits`)."""
    count, packed = math.prod(shape), unpack(text, "u1")
    if count > 8 * len(packed):
        raise ValueError(f"{8 * len(packed)} bits are too few for {shape}")
    return np.unpackbits(packed, count=count).reshape(shape).astype(bool)
