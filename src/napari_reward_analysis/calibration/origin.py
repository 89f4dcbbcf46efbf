"""Find the columns in the mean cell: the origin of the crystal, and how sure each name is.

The mean cell is compared with the columns of the crystal at every origin, upright and
inverted, because a cell and its inverse have the same diffraction pattern. Other origins may
fit nearly as well: the columns then lie on the same places under other names. A name is sure
if the best origin fits better than such a rival in all parts of the domain, beyond the
scatter of the parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, stats

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.calibration.mean_cell import MeanCell
from napari_reward_analysis.crystal.lattice import Column, Lattice

#: Widths (sigma) of a column that are tried, as fractions of the mean spacing.
_WIDTHS = (0.12, 0.18, 0.25)
#: Columns of two origins are at the same place within this fraction of the mean spacing.
_SAME_PLACE = 0.3
#: Chance at which a rival origin is refused.
_CHANCE = 1e-4
#: Rivals with a smaller part of the best score are no rivals.
_RIVAL = 0.3
#: Scores that differ by a smaller part are equal except for rounding.
_EQUAL = 1e-6
#: Of equal origins, the one nearest to this place in the cell is taken. Origins that are
#: equal by symmetry differ by simple fractions, so that their distances differ.
_PREFERRED = np.array([0.1, 0.2])
#: Smallest distance of two columns of a free cell, as a fraction of the mean spacing.
_APART = 0.35
#: Smallest weight of a column of a free cell.
_FAINTEST = 0.01


@dataclass(frozen=True, eq=False)
class Placed:
    """The columns of a crystal in the mean cell.

    Attributes
    ----------
    basis : ndarray, shape (n, 2)
        Fractional place of each column of the lattice.
    names : tuple of str
        Its species; several with a slash if the image cannot tell which one it is.
    """

    basis: FloatArray
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Origin:
    """One way to lay the cell over the image, with the image that it predicts."""

    sign: int
    shift: FloatArray
    score: float
    model: FloatArray

    def basis(self, columns: FloatArray) -> FloatArray:
        return np.asarray(self.sign * columns + self.shift)


def place_columns(cell: MeanCell, lattice: Lattice) -> Placed:
    """Find the columns of a crystal in the mean cell of its domain.

    Parameters
    ----------
    cell : MeanCell
        The mean cell.
    lattice : Lattice
        The crystal, with placed columns.

    Returns
    -------
    Placed
    """
    columns = np.array([[c.x, c.y] for c in lattice.columns])
    species = [c.species for c in lattice.columns]
    best, *rivals = _origins(cell, lattice)
    names = [{name} for name in species]
    for rival in rivals:
        at = _same_places(best.basis(columns), rival.basis(columns), cell)
        changed = [j for j, k in enumerate(at) if k >= 0 and species[k] != species[j]]
        if changed and not _surely_better(cell, best, rival):
            for j in changed:
                names[j].add(species[at[j]])
    words = ("/".join(s for s in lattice.species if s in several) for several in names)
    return Placed(best.basis(columns), tuple(words))


def placed_free_cell(cell: MeanCell, lattice: Lattice) -> Lattice:
    """The free cell with its columns at the maxima of the mean cell.

    Parameters
    ----------
    cell : MeanCell
        The mean cell of a domain.
    lattice : Lattice
        A cell with a number of columns but without their places.

    Returns
    -------
    Lattice
        The columns are named A, B, ... by falling brightness.
    """
    sigma = _WIDTHS[1] * _mean_spacing(cell, lattice.columns_per_cell)
    bins = np.array(cell.mean.shape)
    widths = sigma * bins / np.hypot(*cell.vectors.T)
    density = ndimage.gaussian_filter(cell.mean, widths, mode="wrap")
    top = ndimage.maximum_filter(density, size=3, mode="wrap")
    places = np.argwhere(density >= top)
    places = places[np.argsort(-density[tuple(places.T)], kind="stable")]
    apart = _APART * _mean_spacing(cell, lattice.columns_per_cell)
    chosen: list[IntArray] = []
    for place in places:
        away = _nearest_px((place - np.array(chosen).reshape(-1, 2)) / bins, cell.vectors)
        if (away > apart).all() and len(chosen) < lattice.columns_per_cell:
            chosen.append(place)
    heights = np.array([density[tuple(place)] for place in chosen]) - density.min()
    columns = tuple(
        Column(species=_letter(i), x=float(x), y=float(y), weight=float(max(height, _FAINTEST)))
        for i, ((x, y), height) in enumerate(
            zip((_vertex(density, p) for p in chosen), heights / heights.max(), strict=True)
        )
    )
    return lattice.model_copy(
        update={"columns": columns, "unplaced": lattice.columns_per_cell - len(columns)}
    )


def _origins(cell: MeanCell, lattice: Lattice) -> list[_Origin]:
    """Origins at which the columns fit the mean cell, the best one first."""
    columns = np.array([[c.x, c.y] for c in lattice.columns])
    weights = np.array([c.weight for c in lattice.columns])
    seen = np.fft.fft2(cell.mean - cell.mean.mean())
    spacing = _mean_spacing(cell, len(columns))
    tried = []
    for width in _WIDTHS:
        for sign in (1, -1):
            model = _model(sign * columns, weights, cell, width * spacing)
            scores = np.fft.ifft2(seen * np.conj(np.fft.fft2(model))).real
            tried.append((float(scores.max()), width, sign, model, scores))
    top, best_width = max(entry[:2] for entry in tried)
    found = []
    for _, width, sign, model, scores in tried:
        if width != best_width:
            continue
        peaks = scores >= ndimage.maximum_filter(scores, size=3, mode="wrap")
        for place in np.argwhere(peaks & (scores > _RIVAL * top)):
            shifted = np.roll(model, tuple(place), (0, 1))
            at = scores[tuple(place)]
            found.append(_Origin(sign, _vertex(scores, place), float(at), shifted))
    # Rounding must not choose between equal origins.
    equal = [o for o in found if o.score >= top - _EQUAL * abs(top)]
    chosen = min(equal, key=lambda o: (-o.sign, _from_preferred(o.shift)))
    return [chosen, *(o for o in found if o is not chosen)]


def _from_preferred(shift: FloatArray) -> float:
    away = (shift - _PREFERRED + 0.5) % 1 - 0.5
    return float((away**2).sum())


def _model(places: FloatArray, weights: FloatArray, cell: MeanCell, sigma: float) -> FloatArray:
    """Image of the columns in one cell, with mean 0 and norm 1."""
    shape = cell.mean.shape
    h = np.stack(np.meshgrid(*(np.fft.fftfreq(n, 1 / n) for n in shape), indexing="ij"), axis=-1)
    k = h @ np.linalg.inv(cell.vectors).T
    blur = np.exp(-2 * (np.pi * sigma) ** 2 * (k**2).sum(axis=-1))
    waves = np.exp(-2j * np.pi * np.tensordot(h, places, axes=(2, 1))) @ weights
    image = np.fft.ifft2(waves * blur).real
    image -= image.mean()
    return np.asarray(image / np.linalg.norm(image))


def _vertex(values: FloatArray, place: IntArray) -> FloatArray:
    """Fractional place of a maximum, between the bins."""
    result = np.zeros(2)
    for axis, bins in enumerate(values.shape):
        step = np.eye(2, dtype=int)[axis]
        before, at, after = (values[tuple((place + s * step) % values.shape)] for s in (-1, 0, 1))
        bend = before - 2 * at + after
        move = 0.5 * (before - after) / bend if bend < 0 else 0.0
        result[axis] = (place[axis] + float(np.clip(move, -0.5, 0.5))) / bins
    return result


def _same_places(first: FloatArray, second: FloatArray, cell: MeanCell) -> list[int]:
    """Index of the place in the second list that each place of the first has; -1 if none."""
    reach = _SAME_PLACE * _mean_spacing(cell, len(first))
    away = _nearest_px(first[:, None] - second[None], cell.vectors)
    nearest = away.argmin(axis=1)
    return [int(j) if row[j] < reach else -1 for j, row in zip(nearest, away, strict=True)]


def _nearest_px(difference: FloatArray, vectors: FloatArray) -> FloatArray:
    """Smallest length in px of differences (..., 2) in cells, modulo whole cells."""
    wrapped = difference - np.rint(difference)
    steps = np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)])
    every = (wrapped[..., None, :] + steps) @ vectors
    return np.asarray(np.sqrt((every**2).sum(axis=-1)).min(axis=-1))


def _surely_better(cell: MeanCell, best: _Origin, rival: _Origin) -> bool:
    """Whether the best origin fits better beyond the scatter of the parts of the domain."""
    parts = (cell.parts * (best.model - rival.model)).sum(axis=(1, 2))
    if len(parts) < 2:
        return False
    error = float(parts.std(ddof=1)) / math.sqrt(len(parts))
    ratio = float(parts.mean()) / max(error, 1e-300)
    return bool(stats.t.sf(ratio, len(parts) - 1) < _CHANCE)


def _mean_spacing(cell: MeanCell, columns: int) -> float:
    return math.sqrt(abs(float(np.linalg.det(cell.vectors))) / columns)


def _letter(number: int) -> str:
    """A, B, ... Z, A1, B1, ..."""
    turn, letter = divmod(number, 26)
    return chr(ord("A") + letter) + (str(turn) if turn else "")
