"""Measure the distance of each column from crystal: 0 in crystal, 1 if nothing is left.

There are three measures. *Similarity* is the contrast loss against the mean patch of the
column's kind. *Likelihood* is a distance from the log-likelihood under a Gaussian mixture
that is fitted to crystal alone. It is relative to the distance of a vanished column (a flat
patch), so that the scale does not depend on window, kind, noise and mixture. *Posterior* is
the published measure: the probability of the more dispersed component of a mixture of all
columns.
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
    """Features of the columns of one kind, in which crystal is one cloud around zero.

    Parameters
    ----------
    patches : ndarray, shape (n, m, m)
        Patches around all columns.
    kept : ContrastLoss
        Contrast loss of the columns, for the same window.
    members : ndarray of bool, shape (n,)
        Columns of the kind whose level is known.
    kind : str
        Name of the kind.
    components : int
        Number of features.

    Returns
    -------
    ndarray, shape (members, components)
        First the contrast loss, then principal components of the remaining differences
        from the mean patch of the kind, relative to its contrast.
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
    """Distance from crystal by likelihood, relative to that of a vanished column.

    Parameters
    ----------
    features : ndarray, shape (n, k)
        Features from `crystal_features`.
    reference : ndarray of bool, shape (n,)
        Columns for the fit of the mixture.
    mixture : int
        Number of Gaussians.
    covariance : {'full', 'tied', 'diag', 'spherical'}
        Form of their covariance.
    seed : int
        Seed of the start values.

    Returns
    -------
    ndarray, shape (n,)
        Square root of the ratio of two falls of the log-likelihood below the median of
        crystal: that of the column over that of a vanished column.
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
        Numbers of principal components and Gaussians, and form of their covariance.
    seed : int
        Seed of the start values.

    Returns
    -------
    ndarray, shape (n,)
        Probability of the component whose columns scatter most. It does not depend on the
        signs and the order of the principal components.
    """
    if mixture < 2:
        raise BadInput("A posterior needs at least two Gaussians: choose a mixture of two.")
    scores = principal_scores(rows, np.ones(len(rows), bool), components)
    parts = fit_mixture(scores, mixture, covariance, seed=seed).predict_proba(scores)
    spread = []
    for part in parts.T:
        weight = part / max(float(part.sum()), 1e-12)
        spread.append(float(weight @ ((scores - weight @ scores) ** 2).sum(axis=1)))
    return np.asarray(parts[:, int(np.argmax(spread))])
