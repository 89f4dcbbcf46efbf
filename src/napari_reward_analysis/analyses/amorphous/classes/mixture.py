"""Find kinds of columns by a Gaussian mixture of their patches, and orientations of a kind."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse.linalg import eigsh
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, StrArray
from napari_reward_analysis.errors import BadInput

Covariance = Literal["full", "tied", "diag", "spherical"]

#: Number of principal components that distinguish the kinds.
KIND_COMPONENTS = 6
#: Largest number of kinds that is tried if the crystal is not known.
MOST_KINDS = 8
#: Smallest number of columns of an orientation.
MIN_HALF = 6
#: Number of starts of a mixture without known means.
_STARTS = 2
#: Number of rounds in which patches at the border are completed.
_FILL_ROUNDS = 10
#: Rank of the neighbour in patch space whose distance shows how unusual a patch is.
_USUAL = 10


def filled(patches: Float32Array) -> FloatArray:
    """Patches as complete rows, shape (n, p).

    Pixels outside the image are filled in: first with the mean, then several times with
    the reconstruction of each patch from the principal components.
    """
    flat = patches.reshape(len(patches), -1).astype(float)
    missing = ~np.isfinite(flat)
    if not missing.any():
        return np.asarray(flat)
    total = np.where(missing, 0.0, flat).sum(axis=0)
    mean = total / np.maximum((~missing).sum(axis=0), 1)
    flat = np.where(missing, mean, flat)
    cut = missing.any(axis=1)
    whole = flat[~cut]
    if len(whole) <= KIND_COMPONENTS + 1:
        return np.asarray(flat)
    centre = whole.mean(axis=0)
    _, axes = _axes(whole - centre, KIND_COMPONENTS)
    for _ in range(_FILL_ROUNDS):
        rest = flat[cut] - centre
        flat[cut] = np.where(missing[cut], centre + rest @ axes @ axes.T, flat[cut])
    return np.asarray(flat)


def principal_scores(
    rows: FloatArray, fitted_on: BoolArray, components: int, *, unit: bool = True
) -> FloatArray:
    """Scores of rows in the principal components of a selection of rows.

    Parameters
    ----------
    rows : ndarray, shape (n, p)
        Patches.
    fitted_on : ndarray of bool, shape (n,)
        Rows for the fit of the components.
    components : int
        Largest number of components.
    unit : bool
        Whether the scores are in units of the first component's standard deviation.

    Returns
    -------
    ndarray, shape (n, k)
    """
    chosen = rows[fitted_on]
    centre = chosen.mean(axis=0)
    power, axes = _axes(chosen - centre, min(components, len(chosen) - 1))
    scores = (rows - centre) @ axes
    scale = float(np.sqrt(power[0])) if unit else 1.0
    return np.asarray(scores / max(scale, 1e-12))


def fit_mixture(
    scores: FloatArray,
    components: int,
    covariance: Covariance = "full",
    *,
    seed: int = 0,
    means: FloatArray | None = None,
    regularisation: float = 1e-6,
    starts: int = 1,
    quick: bool = False,
) -> Any:
    """Fit a Gaussian mixture of scikit-learn to scores.

    Parameters
    ----------
    scores : ndarray, shape (n, k)
        The data.
    components : int
        Number of Gaussians.
    covariance : {'full', 'tied', 'diag', 'spherical'}
        Form of their covariance.
    seed : int
        Seed of the start values.
    means : ndarray, shape (components, k), optional
        Start values of the means.
    regularisation : float
        Variance that is added to all Gaussians.
    starts : int
        Number of starts, of which the best is kept.
    quick : bool
        Whether to start from a few points instead of clusters, which is enough for one
        cloud of points.

    Raises
    ------
    BadInput
        If there are fewer points than the mixture needs.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    needed = 2 * components * (scores.shape[1] + 1)
    if len(scores) < needed:
        raise BadInput(
            f"A mixture of {components} Gaussians in {scores.shape[1]} components needs {needed} "
            f"atoms, not {len(scores)}: choose fewer components or a class with more atoms."
        )
    model = GaussianMixture(
        components,
        covariance_type=covariance,
        reg_covar=regularisation,
        init_params="k-means++" if quick else "kmeans",
        n_init=starts,
        means_init=means,
        random_state=seed,
        max_iter=200,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(scores)


def mixture_kinds(
    patches: Float32Array,
    reference: BoolArray,
    *,
    known: StrArray | None = None,
    kinds: int | None = None,
    seed: int = 0,
) -> npt.NDArray[np.int_]:
    """Kind of each column, by a mixture that is fitted to crystal.

    Parameters
    ----------
    patches : ndarray, shape (n, m, m)
        Patches around the columns.
    reference : ndarray of bool, shape (n,)
        Columns that are taken as crystal.
    known : ndarray of str, shape (n,), optional
        Species of the lattice at each column. The mixture starts from their means.
    kinds : int, optional
        Number of kinds. By default it comes from the lattice, or else from the Bayesian
        information criterion.
    seed : int
        Seed of the start values.

    Returns
    -------
    ndarray of int, shape (n,)

    Raises
    ------
    BadInput
        If there are too few columns, or all fall into one kind although more were asked.
    """
    scores = principal_scores(filled(patches), reference, KIND_COMPONENTS)
    crystal = scores[reference]
    if known is not None:
        names = sorted(set(known[reference].tolist()))
        if kinds is None or kinds == len(names):
            means = np.array([crystal[known[reference] == n].mean(axis=0) for n in names])
            return np.asarray(fit_mixture(crystal, len(names), means=means).predict(scores))
    if kinds is not None:
        found = np.asarray(fit_mixture(crystal, kinds, seed=seed, starts=_STARTS).predict(scores))
        if kinds > 1 and len(set(found[reference])) == 1:
            raise BadInput(
                f"All atoms fall into one class instead of {kinds}: choose one class or a larger "
                "window."
            )
        return found
    most = min(MOST_KINDS, len(crystal) // (2 * (scores.shape[1] + 1)))
    models = [
        fit_mixture(crystal, k, seed=seed, starts=_STARTS) for k in range(1, max(most, 1) + 1)
    ]
    best = min(models, key=lambda model: float(model.bic(crystal)))
    return np.asarray(best.predict(scores))


def names_by_lattice(
    found: npt.NDArray[np.int_], known: StrArray, counted: BoolArray
) -> dict[int, str]:
    """Name each kind by the one-to-one assignment that agrees with most columns.

    Parameters
    ----------
    found : ndarray of int, shape (n,)
        Kinds from the mixture.
    known : ndarray of str, shape (n,)
        Species of the lattice at each column.
    counted : ndarray of bool, shape (n,)
        Columns that count.
    """
    kinds, names = sorted(set(found.tolist())), sorted(set(known[counted].tolist()))
    table = np.array(
        [[np.sum((found == k) & (known == n) & counted) for n in names] for k in kinds]
    )
    rows, columns = linear_sum_assignment(-table)
    named = {kinds[r]: names[c] for r, c in zip(rows, columns, strict=True)}
    # Further kinds take the species of most of their columns.
    for row, kind in enumerate(kinds):
        named.setdefault(kind, names[int(np.argmax(table[row]))])
    return named


def _axes(centred: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """The largest variances and their directions, shapes (k,) and (p, k)."""
    spread = centred.T @ centred / len(centred)
    count = max(1, min(count, len(spread) - 1))
    # Few of hundreds of components: Lanczos, with a fixed start for equal results.
    power, axes = eigsh(spread, k=count, which="LA", v0=np.ones(len(spread)))
    return np.maximum(power[::-1], 0.0), axes[:, ::-1]


@dataclass(frozen=True, eq=False)
class Halves:
    """A kind of column in its two orientations.

    Attributes
    ----------
    first : ndarray of bool, shape (n,)
        Columns of the first orientation.
    second : ndarray of bool, shape (n,)
        Columns of the second orientation.
    means : tuple of ndarray, shape (m, m)
        Mean patches of both orientations.
    two_fold : float
        Correlation of one mean patch with the other after a rotation by 180 degrees. It is
        1 if one is the two-fold rotation of the other.
    unturned : float
        Correlation of the two mean patches without the rotation, for comparison.
    """

    first: BoolArray
    second: BoolArray
    means: tuple[Float32Array, Float32Array]
    two_fold: float
    unturned: float


def two_orientations(
    patches: Float32Array, members: BoolArray, reference: BoolArray, seed: int = 0
) -> Halves:
    """Split one kind of column into two orientations by a mixture of two Gaussians.

    Parameters
    ----------
    patches : ndarray, shape (n, m, m)
        Patches around all columns.
    members : ndarray of bool, shape (n,)
        Columns of the kind.
    reference : ndarray of bool, shape (n,)
        Columns that are taken as crystal. The mixture is fitted to those of the kind.
    seed : int
        Seed of the start values.

    Raises
    ------
    BadInput
        If there are too few columns of the kind, or they have only one orientation.
    """
    rows, crystal = filled(patches[members]), reference[members]
    if crystal.sum() < 2 * MIN_HALF:
        raise BadInput(
            f"Only {crystal.sum()} atoms of the class are in crystal, too few for two "
            "orientations: choose a class with more atoms."
        )
    scores = principal_scores(rows, crystal, 2)
    part = fit_mixture(scores[crystal], 2, seed=seed, starts=_STARTS).predict(scores)
    sizes = [int((part[crystal] == k).sum()) for k in (0, 1)]
    if min(sizes) < MIN_HALF:
        raise BadInput(
            "All atoms of the class have one orientation: search both orientations together, or "
            "choose a larger window."
        )
    # The larger half comes first, and of equal halves the one with the first column. Thus the
    # order does not depend on the start.
    if sizes[1] > sizes[0] or (sizes[0] == sizes[1] and part[crystal][0] == 1):
        part = 1 - part
    side = patches.shape[1]
    means = [rows[crystal & (part == k)].mean(axis=0).reshape(side, side) for k in (0, 1)]
    first, second = (np.zeros(len(patches), bool) for _ in range(2))
    first[np.flatnonzero(members)[part == 0]] = True
    second[np.flatnonzero(members)[part == 1]] = True
    turned = np.corrcoef(means[0].ravel(), means[1][::-1, ::-1].ravel())[0, 1]
    same = np.corrcoef(means[0].ravel(), means[1].ravel())[0, 1]
    pictures = means[0].astype(np.float32), means[1].astype(np.float32)
    return Halves(first, second, pictures, float(turned), float(same))


def unusual(patches: Float32Array) -> FloatArray:
    """Distance of each patch from the most similar patches.

    In crystal every patch has many nearly equal ones at other places, but disorder differs
    each time. The measure needs neither lattice nor kinds. All patches are first scaled to
    the same contrast, because patches with little contrast would all be similar.

    Returns
    -------
    ndarray, shape (n,)
        Distance to the tenth nearest patch in the space of the principal components.
    """
    rows = filled(patches)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    scores = principal_scores(rows, np.ones(len(rows), bool), KIND_COMPONENTS)
    distance, _ = cKDTree(scores).query(scores, k=min(_USUAL + 1, len(scores)))
    return np.asarray(distance[:, -1])
