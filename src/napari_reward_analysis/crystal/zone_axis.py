"""Parse zone axes, and find the plane of lattice vectors that they project onto."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from napari_reward_analysis.arrays import IntArray
from napari_reward_analysis.errors import BadInput

Axis = tuple[int, int, int]

_EXAMPLES = "write three whole numbers, e.g. [110], [1-10] or [1 -1 10]"
#: With larger indices no columns could be separated.
_LARGEST = 100


def parse_axis(text: str) -> Axis:
    """Read a zone axis from text.

    Parameters
    ----------
    text : str
        '[110]', '[1-10]', '[1 -1 10]' or '[-1,1,2]', with or without brackets. A bar over
        a digit is a minus sign. Four indices [uvtw] of a hexagonal crystal become three.

    Returns
    -------
    tuple of int
        As written: [220] is (2, 2, 0).

    Raises
    ------
    BadInput
        If the text is not a zone axis.
    """
    plain = re.sub("(\\d)[\u0304\u0305]", r"-\1", text.replace("\N{MINUS SIGN}", "-"))
    inner = re.fullmatch(r"\s*\[([^\[\]]*)\]\s*|([^\[\]]*)", plain)
    indices = None if inner is None else _indices((inner[1] or inner[2] or "").strip())
    if indices is None:
        raise BadInput(f"{text!r} is not a zone axis: {_EXAMPLES}.")
    if len(indices) == 4:
        u, v, t, w = indices
        if u + v + t:
            raise BadInput(f"{text!r} is not a zone axis: the first three indices must sum to 0.")
        indices = [2 * u + v, u + 2 * v, w]
    axis = (indices[0], indices[1], indices[2])
    primitive(axis)
    return axis


def primitive(uvw: Sequence[float]) -> Axis:
    """The shortest lattice vector along a zone axis: (2, 2, 0) becomes (1, 1, 0).

    Raises
    ------
    BadInput
        If the indices are not three whole numbers, are all 0, or are too large.
    """
    written = " ".join(f"{index:g}" for index in uvw)
    if len(uvw) != 3 or not all(math.isfinite(i) and float(i).is_integer() for i in uvw):
        raise BadInput(f"[{written}] is not a zone axis: {_EXAMPLES}.")
    u, v, w = (int(index) for index in uvw)
    divisor = math.gcd(u, v, w)
    if divisor == 0:
        raise BadInput(f"[{written}] is not a zone axis: one index must differ from 0.")
    axis = (u // divisor, v // divisor, w // divisor)
    if max(map(abs, axis)) > _LARGEST:
        raise BadInput(f"[{written}] is not a usable zone axis: choose indices up to {_LARGEST}.")
    return axis


def axis_name(axis: Axis) -> str:
    """A zone axis in brackets, with spaces if an index has several digits."""
    gap = "" if all(abs(index) < 10 for index in axis) else " "
    return f"[{gap.join(str(index) for index in axis)}]"


def plane_basis(axis: Axis) -> IntArray:
    """Two lattice vectors that complete a third to a basis of the lattice.

    Parameters
    ----------
    axis : tuple of int
        The third vector, a primitive one.

    Returns
    -------
    ndarray of int, shape (2, 3)
        Their projections along the axis span the projected lattice. Together with the
        axis they are right-handed.
    """
    u, v, w = axis
    divisor, s, t = _bezout(u, v)
    if divisor == 0:
        return np.array([[1, 0, 0], [0, w, 0]])
    # In the u-v plane, e points along (u, v) and f completes it. The axis is divisor e + w c.
    e, f = (u // divisor, v // divisor), (-t, s)
    _, m, n = _bezout(divisor, w)
    return np.array([[f[0], f[1], 0], [-n * e[0], -n * e[1], m]])


def _indices(text: str) -> list[int] | None:
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if len(parts) == 1:
        if not re.fullmatch(r"(?:[+-]?\d){3,4}", text):
            return None
        parts = re.findall(r"[+-]?\d", text)
    if len(parts) not in (3, 4) or not all(re.fullmatch(r"[+-]?\d{1,9}", p) for p in parts):
        return None
    return [int(part) for part in parts]


def _bezout(a: int, b: int) -> tuple[int, int, int]:
    """Greatest common divisor g >= 0 of a and b, and s, t with s a + t b = g."""
    s, t, next_s, next_t = 1, 0, 0, 1
    while b:
        quotient = a // b
        a, b = b, a - quotient * b
        s, next_s = next_s, s - quotient * next_s
        t, next_t = next_t, t - quotient * next_t
    return (a, s, t) if a >= 0 else (-a, -s, -t)
