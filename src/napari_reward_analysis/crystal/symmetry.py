"""Parse symmetry operations as in CIF files, and apply them to atoms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.periodic import linked, near_pairs
from napari_reward_analysis.crystal.structure import CellParameters, Site, cell_vectors, check_cell
from napari_reward_analysis.errors import BadInput

#: Images of an atom nearer than this, in angstrom, are one atom on a special position:
#: coordinates in files are rounded (0.33 for 1/3).
SAME_PLACE = 0.1

#: Largest sum of occupancies at one position; refined occupancies may exceed 1 a little.
_FULL = 1.25

_TERM = re.compile(r"([+-]?)(?:(\d+(?:\.\d*)?(?:/\d+)?|\.\d+)\*?)?([xyz]?)")


def parse_operation(text: str) -> tuple[FloatArray, FloatArray]:
    """Rotation and translation of an operation such as '-y,x-y,z+1/3'.

    Parameters
    ----------
    text : str
        Three expressions in x, y and z.

    Returns
    -------
    rotation : ndarray, shape (3, 3)
        Acts on columns of fractional coordinates.
    translation : ndarray, shape (3,)

    Raises
    ------
    BadInput
        If the text is not an operation.
    """
    parts = re.sub(r"[\s'\"]", "", text).lower().split(",")
    rows = [_parse_row(part) for part in parts]
    if len(rows) != 3 or any(row is None for row in rows):
        raise BadInput(f"{text!r} is not a symmetry operation: write it like -y,x-y,z+1/3.")
    matrix = np.array(rows, dtype=np.float64)
    rotation = matrix[:, :3]
    if round(abs(float(np.linalg.det(rotation)))) != 1:
        raise BadInput(f"{text!r} is not a symmetry operation: it must not change volumes.")
    return rotation, matrix[:, 3]


def expand(
    cell: CellParameters, sites: Iterable[Site], operations: Sequence[str]
) -> tuple[Site, ...]:
    """All atoms of the unit cell, from those of the asymmetric unit.

    Parameters
    ----------
    cell : tuple of float
        a, b, c in angstrom, alpha, beta, gamma in degrees.
    sites : iterable of Site
        The asymmetric unit.
    operations : sequence of str
        All operations of the space group, centring included; an empty sequence means P1.

    Returns
    -------
    tuple of Site
        Each atom once, fractional coordinates in [0, 1), in the order of the sites.
        An atom on a special position lies at the mean of its images.

    Raises
    ------
    BadInput
        If an operation or the cell is invalid, or several atoms share one position.
    """
    check_cell(cell)
    vectors = cell_vectors(cell)
    parsed = [parse_operation(text) for text in operations] or [parse_operation("x,y,z")]
    atoms = [atom for site in sites for atom in _images(site, parsed, vectors)]
    _refuse_crowded(atoms, vectors)
    return tuple(atoms)


def _images(
    site: Site, operations: list[tuple[FloatArray, FloatArray]], vectors: FloatArray
) -> list[Site]:
    place = np.array([site.x, site.y, site.z])
    images = np.array([rotation @ place + shift for rotation, shift in operations])
    groups = linked(images, vectors, SAME_PLACE)
    if groups is None:
        raise BadInput(
            f"The unit cell is no larger than {SAME_PLACE} angstrom in one direction: "
            "check that its lengths are in angstrom."
        )
    atoms = []
    for group in groups:
        x, y, z = wrap(group.places.mean(axis=0)).tolist()
        atoms.append(site.model_copy(update={"x": x, "y": y, "z": z}))
    return atoms


def wrap(fractions: FloatArray, digits: int = 12) -> FloatArray:
    """Fractional coordinates in [0, 1), without rounding errors."""
    rounded = np.round(fractions - np.floor(fractions), digits)
    # Adding 0.0 turns -0 into 0.
    return np.where(rounded >= 1, 0.0, rounded) + 0.0


def _refuse_crowded(atoms: list[Site], vectors: FloatArray) -> None:
    """Raise BadInput for atoms on top of each other, e.g. if symmetry was applied twice."""
    places = np.array([(atom.x, atom.y, atom.z) for atom in atoms]).reshape(-1, 3)
    pairs = near_pairs(places, places, vectors, SAME_PLACE)
    occupancy = np.array([atom.occupancy for atom in atoms])
    filled = np.bincount(pairs.first, occupancy[pairs.second], minlength=len(atoms))
    if filled.size and filled.max() > _FULL:
        crowded = atoms[int(filled.argmax())]
        raise BadInput(
            f"The atoms at {crowded.x:.4g}, {crowded.y:.4g}, {crowded.z:.4g} ({crowded.label}) "
            f"fill one position {filled.max():.3g} times: list each atom once, or correct the "
            "occupancies."
        )


def _parse_row(text: str) -> list[float] | None:
    """Factors of x, y and z, and the constant."""
    row = [0.0, 0.0, 0.0, 0.0]
    position = 0
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None or term.end() == position or not (term[2] or term[3]):
            return None
        # A sign separates the terms.
        if position and not term[1]:
            return None
        try:
            value = Fraction(1) if not term[2] else _number(term[2])
        except ZeroDivisionError:
            return None
        row["xyz".index(term[3]) if term[3] else 3] += float(-value if term[1] == "-" else value)
        position = term.end()
    return row if text else None


def _number(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    value = Fraction(top) / Fraction(bottom or 1)
    # 0.3333 means 1/3: every translation of a space group is a multiple of 1/24.
    nearest = Fraction(round(value * 24), 24)
    return nearest if abs(value - nearest) < Fraction(1, 500) else value
