"""Kinds of column by a Gaussian mixture of their patches, and the halves of one kind."""

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

#: Principal components in which kinds are told apart.
KIND_COMPONENTS = 6
#: Most kinds that are tried where no crystal says how many there are.
MOST_KINDS = 8
#: Fewer columns are no orientation.
MIN_HALF = 6
#: Starts of a mixture that nothing is known about.
_STARTS = 2
#: Rounds in which patches that the border cuts are completed.
_FILL_ROUNDS = 10
#: Neighbours in patch space whose distance says how usual a patch is.
_USUAL = 10


def filled(patches: Float32Array) -> FloatArray:
    """Patches as rows, complete, shape (n, p).

    What lies outside the image is filled in by what goes with the part inside: first the
    mean, then a few times the principal components' own picture of each patch.
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
    """Scores of rows in the principal components of some of them.

    Parameters
    ----------
    rows : ndarray, shape (n, p)
        Patches.
    fitted_on : ndarray of bool, shape (n,)
        Rows that the components are fitted on.
    components : int
        How many, at most.
    unit : bool
        Give the scores in units of the first component's standard deviation.

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
    """A Gaussian mixture (scikit-learn's) of scores.

    Parameters
    ----------
    scores : ndarray, shape (n, k)
        What it is fitted on.
    components : int
        Gaussians.
    covariance : {'full', 'tied', 'diag', 'spherical'}
        Their shape.
    seed : int
        For the start.
    means : ndarray, shape (components, k), optional
        Where they start.
    regularisation : float
        Variance that is added to every Gaussian.
    starts : int
        The best of so many starts is kept.
    quick : bool
        Start from a few points and not from clusters: enough where there is one cloud.

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
            f"A mixture of {components} in {scores.shape[1]} components needs {needed} atoms and "
            f"there are {len(scores)}: choose fewer components or a class with more atoms."
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
    """Kind of each column, by a mixture fitted on crystal.

    Parameters
    ----------
    patches : ndarray, shape (n, m, m)
        Around the columns.
    reference : ndarray of bool, shape (n,)
        Columns taken for crystal.
    known : ndarray of str, shape (n,), optional
        What the lattice has there: the mixture starts from their means.
    kinds : int, optional
        How many; by the lattice, or else by the Bayesian information criterion.
    seed : int
        For the start.

    Returns
    -------
    ndarray of int, shape (n,)

    Raises
    ------
    BadInput
        If there are too few columns, or all fall into one kind where more were asked for.
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
                f"All atoms fall into one class and {kinds} were asked for: "
                "ask for one, or choose a larger window."
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
    """Name of each kind found: the one-to-one choice that agrees with most columns.

    Parameters
    ----------
    found : ndarray of int, shape (n,)
        Kinds of the mixture.
    known : ndarray of str, shape (n,)
        What the lattice has there.
    counted : ndarray of bool, shape (n,)
        Columns that are asked.
    """
    kinds, names = sorted(set(found.tolist())), sorted(set(known[counted].tolist()))
    table = np.array(
        [[np.sum((found == k) & (known == n) & counted) for n in names] for k in kinds]
    )
    rows, columns = linear_sum_assignment(-table)
    named = {kinds[r]: names[c] for r, c in zip(rows, columns, strict=True)}
    # more kinds than species: the others take the name that most of them have
    for row, kind in enumerate(kinds):
        named.setdefault(kind, names[int(np.argmax(table[row]))])
    return named


def _axes(centred: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Largest variances and their directions, shape (k,) and (p, k)."""
    spread = centred.T @ centred / len(centred)
    count = max(1, min(count, len(spread) - 1))
    # a few of hundreds: Lanczos, from a start that is the same each time
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
        Columns of the other one.
    means : tuple of ndarray, shape (m, m)
        Their mean patches.
    two_fold : float
        Correlation of one mean with the other, turned by half a turn: 1 where one is the
        two-fold rotation of the other.
    unturned : float
        The same without the turn, to compare with.
    """

    first: BoolArray
    second: BoolArray
    means: tuple[Float32Array, Float32Array]
    two_fold: float
    unturned: float


def two_orientations(
    patches: Float32Array, members: BoolArray, reference: BoolArray, seed: int = 0
) -> Halves:
    """Part one kind of column into two, as by a mixture of two Gaussians.

    Parameters
    ----------
    patches : ndarray, shape (n, m, m)
        Around all columns.
    members : ndarray of bool, shape (n,)
        Columns of the kind.
    reference : ndarray of bool, shape (n,)
        Columns taken for crystal: the mixture is fitted to those of the kind.
    seed : int
        For the start.

    Raises
    ------
    BadInput
        If there are too few columns of the kind, or it has one orientation only.
    """
    rows, crystal = filled(patches[members]), reference[members]
    if crystal.sum() < 2 * MIN_HALF:
        raise BadInput(
            f"Only {crystal.sum()} atoms of the class are in crystal, too few to part into two "
            "orientations: choose a class with more."
        )
    scores = principal_scores(rows, crystal, 2)
    part = fit_mixture(scores[crystal], 2, seed=seed, starts=_STARTS).predict(scores)
    sizes = [int((part[crystal] == k).sum()) for k in (0, 1)]
    if min(sizes) < MIN_HALF:
        raise BadInput(
            "All atoms of the class have one orientation: search it whole, or choose a larger "
            "window."
        )
    # the larger half comes first, of equal halves that of the first column, so that the order
    # does not hang on the start
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
    """How far each patch is from the patches most like it.

    In crystal every patch has many that are nearly the same, wherever they are; disorder
    is different each time. Needs neither lattice nor kinds. Patches are brought to one
    contrast before: with little of it, all would be alike.

    Returns
    -------
    ndarray, shape (n,)
        Distance to the tenth nearest in the space of the principal components.
    """
    rows = filled(patches)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    scores = principal_scores(rows, np.ones(len(rows), bool), KIND_COMPONENTS)
    distance, _ = cKDTree(scores).query(scores, k=min(_USUAL + 1, len(scores)))
    return np.asarray(distance[:, -1])
