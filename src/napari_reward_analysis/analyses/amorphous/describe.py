"""Find the columns, their kinds and the crystal, which all amorphous trials share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.classes.columns import (
    Columns,
    columns_without_lattice,
)
from napari_reward_analysis.analyses.amorphous.classes.contrast_loss import (
    MIN_COLUMNS,
    ContrastLoss,
    compare_with_kind,
)
from napari_reward_analysis.analyses.amorphous.classes.domain_sites import sites_of_domains
from napari_reward_analysis.analyses.amorphous.classes.mixture import (
    mixture_kinds,
    names_by_lattice,
    unusual,
)
from napari_reward_analysis.analyses.amorphous.classes.neighbour_means import NeighbourMean
from napari_reward_analysis.analyses.amorphous.classes.patches import PatchSampler, peaks_at
from napari_reward_analysis.analyses.amorphous.classes.sites import lattice_sites
from napari_reward_analysis.arrays import BoolArray, FloatArray, StrArray
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: Half the side of the patches that distinguish kinds, in mean spacings. The patches reach to
#: the neighbours.
KIND_WINDOW = 1.0
#: Half the side of the patches for the contrast loss, in mean spacings. They reach less than
#: half way to the neighbours.
OWN_WINDOW = 0.36
#: Smallest number of atoms.
MIN_ATOMS = 50
#: Smallest part of a patch in the image from which a kind follows without a lattice.
_SEEN = 0.75
#: Smallest fraction of the points on bright peaks for points that belong to the image.
_BRIGHT = 0.75


@dataclass(frozen=True, eq=False)
class Described:
    """The columns of an image with their kinds.

    Attributes
    ----------
    columns : Columns
        Positions, and the atoms found there.
    labels : ndarray of str, shape (n,)
        Kind of each column; '' if unknown.
    mixture_labels : ndarray of str, shape (n,)
        Kind of each column from its patch alone.
    sampler : PatchSampler
        Sampler of patches at the columns.
    kept : ContrastLoss
        Contrast loss of each column against its own kind.
    kind_means : dict
        Mean patch of each kind in crystal, with its neighbours, shape (m, m).
    """

    columns: Columns
    labels: StrArray
    mixture_labels: StrArray
    sampler: PatchSampler
    kept: ContrastLoss
    kind_means: dict[str, npt.NDArray[np.float32]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds with enough columns in crystal."""
        return tuple(self.kept.means)

    @property
    def agreement(self) -> float:
        """Fraction of the crystal columns whose patch gives the same kind as the lattice."""
        crystal = self.kept.reference
        return float((self.mixture_labels == self.labels)[crystal].mean())


def describe_columns(
    image: Image,
    atoms: npt.ArrayLike,
    lattice: Lattice | None = None,
    measured: MeasuredLattice | None = None,
    *,
    region: BoolArray | None = None,
    labels: npt.ArrayLike | None = None,
    kinds: int | None = None,
    seed: int = 0,
    domains: Sequence[Domain] = (),
) -> Described:
    """Find the kind of each column, and the mean patch of each kind in crystal.

    Parameters
    ----------
    image : Image
        The image.
    atoms : array_like, shape (n, 2)
        y and x of the atoms in px.
    lattice, measured : optional
        The crystal, and its lattice as measured in the image. If both are given, the sites
        of the lattice are the columns.
    region : ndarray of bool, shape (H, W), optional
        Region that is known to be crystal.
    labels : array_like of str, shape (n,), optional
        Kinds of the atoms as given by the user. The kind '' is found from the image.
    kinds : int, optional
        Number of kinds.
    seed : int
        Seed of the mixtures.
    domains : sequence of Domain
        The domains of the field. Each column belongs to the lattice of its own domain.

    Raises
    ------
    BadInput
        If the atoms do not belong to this image, or there are too few.
    """
    points = _checked(np.asarray(atoms, dtype=float), image)
    columns, named = _placed(image, points, lattice, measured, region, domains)
    sampler = PatchSampler(image, columns.spacing)
    allowed = _allowed(columns, region)
    wide = sampler.cut(columns.yx, min(KIND_WINDOW, _largest(sampler)))
    own = sampler.cut(columns.yx, OWN_WINDOW)
    usual = _usual(wide, columns, allowed)
    known = columns.species if named else None
    found = mixture_kinds(wide, usual, known=known, kinds=kinds, seed=seed)
    by_patch = _names(found, known, usual, own)
    if not named:
        # Without a lattice the kind follows from the neighbours, which must be in the image.
        by_patch[np.isfinite(wide).mean(axis=(1, 2)) < _SEEN] = ""
    chosen = columns.species.copy() if named else by_patch.copy()
    if labels is not None:
        chosen = _given(chosen, columns, labels, len(points))
    losses = compare_with_kind(own, chosen, columns.yx, columns.spacing, allowed)
    if not losses.means:
        raise BadInput(
            f"No class has {MIN_COLUMNS} columns in crystal, which are needed for its mean patch: "
            "choose a larger field, fewer classes or more atoms."
        )
    means = {k: _median(wide[losses.reference & (chosen == k)]) for k in losses.means}
    return Described(columns, chosen, by_patch, sampler, losses, means)


def _checked(points: FloatArray, image: Image) -> FloatArray:
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise BadInput("Atoms must be given as finite positions (y, x): choose a 2-D Points layer.")
    if len(points) < MIN_ATOMS:
        raise BadInput(
            f"{len(points)} atoms are too few to distinguish crystal from disorder: "
            f"at least {MIN_ATOMS} are needed."
        )
    inside = np.all((points >= -0.5) & (points <= np.subtract(image.shape, 0.5)), axis=1)
    if not inside.all():
        raise BadInput(
            f"{(~inside).sum()} of {len(points)} points are outside this image of {image.shape} "
            "pixels: choose the points of this image."
        )
    return points


def _placed(
    image: Image,
    points: FloatArray,
    lattice: Lattice | None,
    measured: MeasuredLattice | None,
    region: BoolArray | None,
    domains: Sequence[Domain],
) -> tuple[Columns, bool]:
    """Find the columns from the lattice if it was measured, and otherwise from the atoms."""
    plain = columns_without_lattice(points, image.shape)
    inner = np.clip(points, 0, np.subtract(image.shape, 1))
    brightness, peaked = peaks_at(image, inner, plain.spacing)
    if float(peaked.mean()) < _BRIGHT:
        raise BadInput(
            f"Only {peaked.mean():.0%} of the points are on bright peaks in this image: "
            "choose the points of this image."
        )
    if lattice is None or lattice.unplaced or measured is None or not measured.found:
        return plain, False
    if domains:
        return sites_of_domains(image, points, brightness, domains), True
    crystal = np.ones(len(points), bool) if region is None else inside_of(region, points)
    return lattice_sites(points, brightness, lattice, measured, crystal), True


def _allowed(columns: Columns, region: BoolArray | None) -> BoolArray:
    """Select the columns that can be crystal: those with an atom, in the given region."""
    if region is None:
        return columns.found
    return np.asarray(columns.found & inside_of(region, columns.yx))


def inside_of(region: BoolArray, yx: FloatArray) -> BoolArray:
    """Select the points in a region, shape (n,)."""
    place = np.clip(np.rint(yx).astype(int), 0, np.subtract(region.shape, 1))
    return np.asarray(region[place[:, 0], place[:, 1]])


def _largest(sampler: PatchSampler) -> float:
    """Return the largest window that fits into the image with whole samples."""
    return ((min(sampler.image.shape) - 1) / 2 - sampler.step) / sampler.spacing


def _usual(patches: npt.NDArray[np.float32], columns: Columns, allowed: BoolArray) -> BoolArray:
    """Select half of the columns that can be crystal: those with typical patches around them."""
    asked = allowed & (np.isfinite(patches).mean(axis=(1, 2)) > 0.5)
    at = np.flatnonzero(asked)
    if len(at) < MIN_COLUMNS:
        raise BadInput(
            f"Only {len(at)} atoms have at least half of their patch in the image: choose a "
            "larger field."
        )
    strange = NeighbourMean(columns.yx[at], columns.spacing)(unusual(patches[at]))
    usual = np.zeros(len(asked), bool)
    usual[at[strange <= np.median(strange)]] = True
    return usual


def _names(
    found: npt.NDArray[np.int_],
    known: StrArray | None,
    usual: BoolArray,
    own: npt.NDArray[np.float32],
) -> StrArray:
    """Name the kinds of the mixture by the lattice, or number them from the brightest."""
    if known is not None:
        names = names_by_lattice(found, known, usual)
    else:
        middle = own.shape[1] // 2
        bright = {k: np.nanmedian(own[(found == k), middle, middle]) for k in set(found.tolist())}
        order = sorted(bright, key=lambda k: -bright[k])
        names = {kind: f"kind {place}" for place, kind in enumerate(order, start=1)}
    return np.array([names[kind] for kind in found.tolist()])


def _given(labels: StrArray, columns: Columns, given: npt.ArrayLike, n_atoms: int) -> StrArray:
    """Replace kinds by those that the user gave."""
    words = np.asarray(given, dtype=str)
    if words.shape != (n_atoms,):
        raise BadInput(
            f"{words.size} classes are given for {n_atoms} atoms: give one for each atom."
        )
    longest = max(words.dtype.itemsize, labels.dtype.itemsize) // 4
    result = labels.astype(f"<U{max(longest, 1)}")
    theirs = words[columns.atom[columns.found]]
    result[columns.found] = np.where(theirs != "", theirs, result[columns.found])
    return result


def _median(patches: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    flat = patches.reshape(len(patches), -1)
    result = np.full(flat.shape[1], np.nan, np.float32)
    some = np.isfinite(flat).any(axis=0)
    result[some] = np.nanmedian(flat[:, some], axis=0)
    return result.reshape(patches.shape[1:])
