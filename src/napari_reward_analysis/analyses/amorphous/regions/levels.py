"""How far each column is from crystal: 0 as crystal is, 1 where nothing of it is left.

Three measures. *Similarity*: the contrast lost against the mean patch of the column's own
kind. *Likelihood*: the distance, by the log-likelihood under a Gaussian mixture fitted to
crystal alone, in parts of the distance of a column that is gone (a flat patch): the same
scale, whatever the window, the kind, the noise and the shape of the mixture. *Posterior*:
the probability of the more dispersed component of a mixture of all columns, as published.
"""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.analyses.amorphous.classes.contrast_loss import FLOOR, ContrastLoss
from napari_reward_analysis.analyses.amorphous.classes.mixture import (
    Covariance,
    filled,
    fit_mixture,
    principal_scores,
)
from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray
from napari_reward_analysis.errors import BadInput


def crystal_features(
    patches: Float32Array, kept: ContrastLoss, members: BoolArray, kind: str, components: int
) -> FloatArray:
    """Coordinates of a kind's columns in which crystal is one cloud around zero.

    Parameters
    ----------
    patches : ndarray, shape (n, m, m)
        Around all columns.
    kept : ContrastLoss
        The columns against their kinds, in the same window.
    members : ndarray of bool, shape (n,)
        Columns of the kind whose level is known.
    kind : str
        Its name.
    components : int
        How many coordinates.

    Returns
    -------
    ndarray, shape (members, components)
        First the contrast lost, then the principal components of what else differs from
        the kind's mean patch, in parts of its contrast.
    """
    lost = kept.loss[members]
    if components == 1:
        return np.asarray(lost[:, None])
    mean = kept.means[kind].ravel()
    pattern = np.nan_to_num(mean - np.nanmean(mean))
    rows = filled(patches[members])
    rows = rows - rows.mean(axis=1, keepdims=True)
    size = max(float(np.linalg.norm(pattern)), 1e-12)
    direction = pattern / size
    rows = (rows - (rows @ direction)[:, None] * direction) / size
    everything = np.ones(len(rows), bool)
    scores = principal_scores(rows, everything, components - 1, unit=False)
    centre = np.median(scores[kept.reference[members]], axis=0)
    return np.column_stack([lost, scores - centre])


def likelihood_level(
    features: FloatArray,
    reference: BoolArray,
    mixture: int,
    covariance: Covariance,
    seed: int = 0,
) -> FloatArray:
    """Distance from crystal by likelihood, in parts of that of a column that is gone.

    Parameters
    ----------
    features : ndarray, shape (n, k)
        As of `crystal_features`.
    reference : ndarray of bool, shape (n,)
        Columns that the mixture is fitted on.
    mixture : int
        Gaussians in it.
    covariance : {'full', 'tied', 'diag', 'spherical'}
        Their shape.
    seed : int
        For the start.

    Returns
    -------
    ndarray, shape (n,)
        Root of the difference of the log-likelihood from crystal's own median, over that
        of a column of which nothing is left.
    """
    model = fit_mixture(
        features[reference], mixture, covariance, seed=seed, regularisation=FLOOR**2, quick=True
    )
    gone = np.zeros((1, features.shape[1]))
    gone[0, 0] = 1.0
    usual = float(np.median(model.score_samples(features[reference])))
    fall = np.maximum(usual - model.score_samples(features), 0.0)
    scale = max(usual - float(model.score_samples(gone)[0]), 1e-9)
    return np.asarray(np.sqrt(fall / scale))


def posterior_level(
    rows: FloatArray, components: int, mixture: int, covariance: Covariance, seed: int = 0
) -> FloatArray:
    """Probability of the more dispersed component, as published.

    Parameters
    ----------
    rows : ndarray, shape (n, p)
        Patches of the columns of one kind.
    components, mixture, covariance
        Principal components, Gaussians and their shape.
    seed : int
        For the start.

    Returns
    -------
    ndarray, shape (n,)
        Of the component whose columns scatter most, whatever the signs and the order of
        the principal components.
    """
    if mixture < 2:
        raise BadInput("A posterior needs two components at least: choose a mixture of two.")
    scores = principal_scores(rows, np.ones(len(rows), bool), components)
    parts = fit_mixture(scores, mixture, covariance, seed=seed).predict_proba(scores)
    spread = []
    for part in parts.T:
        weight = part / max(float(part.sum()), 1e-12)
        spread.append(float(weight @ ((scores - weight @ scores) ** 2).sum(axis=1)))
    return np.asarray(parts[:, int(np.argmax(spread))])
