"""Find the sites of the lattice in an image, and assign the atoms to them.

Rotation and cell are known from the diffraction pattern, but the origin of the cell is
not. The atoms are folded into one cell, weighted by their brightness, and correlated with
the columns of the cell. The best shift is the origin. Then the vectors of the cell are
fitted to the atoms. The remaining scan distortion is described by a smooth field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_reward_analysis.analyses.amorphous.classes.columns import Columns
from napari_reward_analysis.analyses.amorphous.classes.scatter_mean import ScatterMean
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput

#: An atom belongs to a site within this fraction of the smallest column spacing.
REACH = 0.4
#: Smallest number of bins along a vector of the cell in the search for its origin.
_BINS = 48
#: Width of a column in that search, as a fraction of the smallest spacing.
_WIDTH = 0.15
#: Sigma of the mean in the field of distortions, in cell lengths.
_FIELD_CELLS = 1.5
#: Required agreement: a third of the way from chance to all atoms. Strong noise gives
#: false atoms, and atoms far from their sites.
_SURE = 1 / 3
#: Weight of zero distortion, in atoms: a few atoms show disorder and not distortion.
_FEW = 3.0
#: Rounds of the fit.
_ROUNDS = 4
#: Half a pixel: the distance from the centre of a border pixel to the edge of the image.
_HALF_PX = 0.5
#: Scores of the origin with a smaller relative difference are equal except for rounding.
_EQUAL = 1e-6
#: Of equal origins, the one nearest to this place in the cell is taken. Origins that are
#: equal by symmetry differ by simple fractions, so that their distances differ.
_PREFERRED = np.array([0.1, 0.2])


@dataclass(frozen=True, eq=False)
class _Fit:
    """Sites as fractional positions and the affine map from these to the image."""

    fractional: FloatArray
    affine: FloatArray

    @property
    def places(self) -> FloatArray:
        return np.asarray(np.column_stack([self.fractional, np.ones(len(self.fractional))])) @ (
            self.affine
        )


def lattice_sites(
    atoms: FloatArray,
    brightness: npt.NDArray[np.floating],
    lattice: Lattice,
    measured: MeasuredLattice,
    crystal: BoolArray,
) -> Columns:
    """Find all sites of the lattice in the field, and the atoms on them.

    Parameters
    ----------
    atoms : ndarray, shape (n, 2)
        y and x in px.
    brightness : ndarray, shape (n,)
        Brightness of the atoms above their surroundings.
    lattice : Lattice
        Crystal with known column positions.
    measured : MeasuredLattice
        The lattice as measured in this image.
    crystal : ndarray of bool, shape (n,)
        Atoms that are probably crystal. The lattice is fitted to them.

    Returns
    -------
    Columns

    Raises
    ------
    BadInput
        If these atoms do not lie on the lattice.
    """
    shape = np.array(measured.field_px)
    spacing = lattice.spacing / measured.pixel_size
    basis = np.array([[c.x, c.y] for c in lattice.columns])
    weights = np.array([c.weight for c in lattice.columns])
    sure = atoms[crystal]
    bright = np.maximum(brightness[crystal], 0)
    sign, origin = _origin(sure, bright, basis, weights, measured, spacing)
    fractional, kind = _all_sites(sign * basis + origin, measured.vectors_px, shape)
    affine = np.vstack([measured.vectors_px, np.zeros(2)])
    fit = _fitted(_Fit(fractional, affine), sure, REACH * spacing)
    sigma = _FIELD_CELLS * np.sqrt(measured.cell_area_px)
    places = fit.places + _distortion(
        fit.places, sure, REACH * spacing, float(sigma), measured.field_px
    )
    number = assigned(places, atoms, REACH * spacing)
    counted = _counted(places, number >= 0, shape)
    places, kind, number = np.clip(places[counted], 0, shape - 1), kind[counted], number[counted]
    agreement = float(np.isin(np.flatnonzero(crystal), number).mean())
    _check(agreement, lattice, REACH * spacing, measured)
    species = np.array([lattice.columns[i].species for i in kind])
    mean_spacing = float(np.sqrt(measured.cell_area_px / len(lattice.columns)))
    return Columns(places, species, number, mean_spacing, agreement)


def _check(agreement: float, lattice: Lattice, reach: float, measured: MeasuredLattice) -> None:
    """Raise BadInput if atoms are hardly more often on sites than random points."""
    chance = min(np.pi * reach**2 * len(lattice.columns) / measured.cell_area_px, 0.9)
    if agreement < chance + _SURE * (1 - chance):
        raise BadInput(
            f"Only {100 * agreement:.0f} % of the points lie on the lattice of {lattice.name} that "
            f"is seen in this image, and {100 * chance:.0f} % would by chance: choose the points "
            "of this image."
        )


def _origin(
    atoms: FloatArray,
    brightness: npt.NDArray[np.floating],
    basis: FloatArray,
    weights: FloatArray,
    measured: MeasuredLattice,
    spacing: float,
) -> tuple[int, FloatArray]:
    """Sign and origin of the cell; a cell and its inverse have the same pattern."""
    lengths = np.array(measured.lengths_px)
    # Rounded to the nearest number, so that lengths with a simple ratio keep their ratio.
    bins = np.maximum(np.rint(lengths / lengths.max() * _BINS * 3), _BINS).astype(int)
    widths = _WIDTH * spacing / lengths * bins
    seen = _folded(atoms @ np.linalg.inv(measured.vectors_px), brightness, bins, widths)
    found = []
    for sign in (1, -1):
        model = _folded(sign * basis, weights, bins, widths)
        scores = np.fft.ifft2(np.fft.fft2(seen) * np.conj(np.fft.fft2(model - model.mean()))).real
        found.append(_best_place(scores))
    (place, score), (inverse_place, inverse_score) = found
    if inverse_score > score + _EQUAL * abs(score):
        return -1, inverse_place
    return 1, place


def _best_place(scores: FloatArray) -> tuple[FloatArray, float]:
    """Fractional place of the highest score, and that score.

    A cell may have equal scores at several origins, for example if all of its columns are
    equally bright. Rounding must not choose between them.
    """
    best = float(scores.max())
    places = np.argwhere(scores >= best - _EQUAL * abs(best)) / scores.shape
    away = (places - _PREFERRED + 0.5) % 1 - 0.5
    return places[int(np.argmin((away**2).sum(axis=1)))], best


def _folded(
    fractional: FloatArray,
    weights: npt.NDArray[np.floating],
    bins: npt.NDArray[np.int_],
    widths: FloatArray,
) -> FloatArray:
    """Weighted density in one cell, smoothed across its edges."""
    place = np.floor(np.mod(fractional, 1.0) * bins).astype(int) % bins
    density = np.zeros(bins)
    np.add.at(density, (place[:, 0], place[:, 1]), weights)
    return np.asarray(ndimage.gaussian_filter(density, widths, mode="wrap"))


def _all_sites(
    basis: FloatArray, vectors: FloatArray, shape: npt.NDArray[np.int_]
) -> tuple[FloatArray, npt.NDArray[np.int_]]:
    """Fractional positions of the sites in and near the field, and their column indices."""
    corners = np.array([[y, x] for y in (0, shape[0] - 1) for x in (0, shape[1] - 1)])
    counts = corners @ np.linalg.inv(vectors)
    low, high = np.floor(counts.min(axis=0)) - 2, np.ceil(counts.max(axis=0)) + 2
    ranges = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    cells = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    return (cells + basis).reshape(-1, 2), np.tile(np.arange(len(basis)), len(cells))


def _fitted(fit: _Fit, atoms: FloatArray, reach: float) -> _Fit:
    """Fit vectors and origin of the cell to the atoms on sites, by robust least squares."""
    for _ in range(_ROUNDS):
        distance, site = cKDTree(fit.places).query(atoms)
        near = distance < reach
        if near.sum() < 6:
            break
        terms = np.column_stack([fit.fractional[site[near]], np.ones(near.sum())])
        # Disordered atoms are far from their sites and count less (Cauchy weights).
        weight = np.sqrt(1 / (1 + (distance[near] / np.median(distance[near])) ** 2))
        affine, *_ = np.linalg.lstsq(
            terms * weight[:, None], atoms[near] * weight[:, None], rcond=None
        )
        fit = _Fit(fit.fractional, affine)
    return fit


def _distortion(
    places: FloatArray, atoms: FloatArray, reach: float, sigma: float, shape: tuple[int, int]
) -> FloatArray:
    """Smooth field of displacements of the atoms from the lattice, at all sites."""
    distance, site = cKDTree(places).query(atoms)
    near = distance < reach
    moved = atoms[near] - places[site[near]]
    mean = ScatterMean(atoms[near], shape, sigma)
    # A few atoms do not move the lattice: outside the crystal the field fades.
    maps = [mean(moved[:, axis], prior=_FEW) for axis in (0, 1)]
    return np.column_stack([mean.at(values, places) for values in maps])


def _counted(places: FloatArray, found: BoolArray, shape: npt.NDArray[np.int_]) -> BoolArray:
    """Mark the sites that belong to the field.

    A site with an atom belongs to the field up to the outer edge of the border pixels, so
    that an atom on the last row keeps its site. A site without an atom must lie inside the
    border pixels, because no atom could be found on them.
    """
    inner = np.all((places >= _HALF_PX) & (places <= shape - 1 - _HALF_PX), axis=1)
    outer = np.all((places >= -_HALF_PX) & (places <= shape - 1 + _HALF_PX), axis=1)
    return np.asarray(inner | (outer & found))


def assigned(places: FloatArray, atoms: FloatArray, reach: float) -> npt.NDArray[np.int_]:
    """Index of the atom on each site; -1 without an atom; each atom at most once."""
    number = np.full(len(places), -1)
    if not len(places):
        return number
    distance, site = cKDTree(places).query(atoms)
    for atom in np.argsort(-distance, kind="stable"):
        if distance[atom] < reach:  # the nearest atom comes last and stays
            number[site[atom]] = atom
    return number
