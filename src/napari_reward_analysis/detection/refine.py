"""Sub-pixel positions: all columns fitted at once, each with its neighbours taken away.

Every column is modelled as a round Gaussian on a local plane. A column's neighbours are
subtracted by their present models before it is fitted again, so that a faint column
beside a bright one is not drawn towards it. Columns of one image resemble each other: a
weak prior holds the width of each near the median of all and the plane near level. It
counts as much as the noise makes it count, so that a clean image is fitted freely and a
noisy one does not fit its noise. All fits share one vectorised Levenberg-Marquardt loop.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.image import FloatArray

Floats = npt.NDArray[np.float64]

#: Radius of the fitted disk in sigmas.
_RADIUS = 2.0
#: Times that the disk follows the fitted width.
_WINDOWS = 4
#: Times that neighbours are subtracted anew.
_ROUNDS = 4
#: Steps of the fit within a round.
_STEPS = 6
#: A column may move by this fraction of the distance to its nearest neighbour.
_REACH = 0.35
#: Standard deviation of the prior: position in sigmas, log(sigma), slopes in amplitudes.
_PRIOR_POSITION, _PRIOR_WIDTH, _PRIOR_SLOPE = 0.5, 0.1, 0.05
#: Parameters of a column: y, x, log(sigma), amplitude, offset, slope along y, along x.
_N = 7


class Refined(NamedTuple):
    """Refined positions.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y, x in pixels.
    uncertainty : ndarray, shape (n,)
        Standard deviation of the position along one axis in pixels, from the residual of
        the fit; NaN where the fit was given up and the point stayed where it was.
    """

    points: Floats
    uncertainty: Floats


def refine(
    image: FloatArray, points: npt.NDArray[np.floating], sigma: float, noise: float = 0.0
) -> Refined:
    """Fit a Gaussian to every column.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    points : ndarray, shape (n, 2)
        y, x in pixels, right to within about a sigma.
    sigma : float
        Expected width of a column in pixels.
    noise : float
        Standard deviation of the image's noise.

    Returns
    -------
    Refined
        As many points as were given, in the same order: a fit that wanders off, or
        would come nearer to a neighbour than half their distance, is undone.
    """
    start = np.asarray(points, float)
    if len(start) == 0:
        return Refined(start.reshape(0, 2), np.empty(0))
    spacing = _nearest(start)
    # the blobs' sigma is a guess: the width that the fit finds sets the next window
    for _ in range(_WINDOWS):
        state, spread = _fit_all(image, start, sigma, noise)
        found = float(np.exp(np.median(state[:, 2])))
        settled = abs(np.log(found / sigma)) < 0.1
        sigma = found
        if settled:
            break
    moved = np.hypot(*(state[:, :2] - start).T)
    good = np.isfinite(state).all(axis=1) & (moved <= _REACH * spacing) & (state[:, 3] > 0)
    good &= (moved <= sigma) & np.isfinite(spread)
    good &= ((state[:, :2] > -0.5) & (state[:, :2] < np.array(image.shape) - 0.5)).all(axis=1)
    return Refined(np.where(good[:, None], state[:, :2], start), np.where(good, spread, np.nan))


def _fit_all(image: FloatArray, start: Floats, sigma: float, noise: float) -> tuple[Floats, Floats]:
    radius = max(2, round(_RADIUS * sigma))
    window = _Window(image, start, radius)
    state = _first_guess(window, start, sigma)
    spread = np.full(len(start), np.nan)
    pairs = _neighbours(start, radius + 4 * sigma)
    for _ in range(_ROUNDS):
        target = window.pixels - _contribution(window, state, pairs)
        state, spread = _fit(window, target, state, _prior(start, state, noise), sigma)
    return state, spread


class _Window:
    """The pixels around every point, shape (n, m), and where they are."""

    def __init__(self, image: FloatArray, points: Floats, radius: int) -> None:
        dy, dx = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        disk = dy**2 + dx**2 <= (radius + 0.5) ** 2
        centre = np.round(points).astype(int)
        rows = centre[:, :1] + dy[disk][None]
        columns = centre[:, 1:] + dx[disk][None]
        height, width = image.shape
        self.weight = ((rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)) * 1.0
        inside = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
        self.pixels: Floats = image[inside].astype(float)
        self.y: Floats = rows.astype(float)
        self.x: Floats = columns.astype(float)
        self.radius = radius


def _first_guess(window: _Window, points: Floats, sigma: float) -> Floats:
    state = np.zeros((len(points), _N))
    state[:, :2] = points
    state[:, 2] = np.log(sigma)
    low = np.quantile(window.pixels, 0.1, axis=1)
    centre = np.quantile(window.pixels, 0.95, axis=1)
    state[:, 3], state[:, 4] = np.maximum(centre - low, 1e-6), low
    return state


def _contribution(window: _Window, state: Floats, pairs: npt.NDArray[np.intp]) -> Floats:
    """What the neighbours add to each window, by their present models."""
    total = np.zeros_like(window.pixels)
    for here, there in (pairs.T, pairs.T[::-1]):
        other = state[there]
        distance = (window.y[here] - other[:, :1]) ** 2 + (window.x[here] - other[:, 1:2]) ** 2
        added = other[:, 3:4] * np.exp(-0.5 * distance * np.exp(-2 * other[:, 2:3]))
        np.add.at(total, here, added)
    return total


def _prior(start: Floats, state: Floats, noise: float) -> tuple[Floats, Floats]:
    """Expected parameters and their weights, shape (n, 7): noise over spread, squared."""
    width, amplitude = np.median(state[:, 2]), np.median(state[:, 3])
    mean = np.zeros_like(state)
    mean[:, :2], mean[:, 2] = start, width
    spread = np.full(_N, np.inf)
    spread[:2] = _PRIOR_POSITION * np.exp(width)
    spread[2] = _PRIOR_WIDTH
    spread[5:] = _PRIOR_SLOPE * amplitude
    return mean, np.broadcast_to((noise / spread) ** 2, state.shape)


def _fit(
    window: _Window,
    target: Floats,
    state: Floats,
    prior: tuple[Floats, Floats],
    sigma: float,
) -> tuple[Floats, Floats]:
    """A few damped least-squares steps for all columns; new state and position spread."""
    mean, weight = prior
    damping = np.full(len(state), 1e-2)
    residual, jacobian = _model(window, target, state)
    cost = (residual**2).sum(axis=1) + (weight * (state - mean) ** 2).sum(axis=1)
    for _ in range(_STEPS):
        transposed = jacobian.transpose(0, 2, 1)
        normal = transposed @ jacobian
        gradient = (transposed @ residual[..., None])[..., 0] + weight * (mean - state)
        diagonal = np.einsum("nii->ni", normal) + weight
        damped = normal + (weight + damping[:, None] * diagonal + 1e-12)[:, None] * np.eye(_N)
        trial = state + _solve(damped, gradient)
        # a width that runs away means that the background is being fitted
        trial[:, 2] = np.clip(trial[:, 2], np.log(sigma / 2), np.log(sigma * 2))
        new_residual, new_jacobian = _model(window, target, trial)
        new_cost = (new_residual**2).sum(axis=1) + (weight * (trial - mean) ** 2).sum(axis=1)
        better = new_cost < cost
        state = np.where(better[:, None], trial, state)
        residual = np.where(better[:, None], new_residual, residual)
        jacobian = np.where(better[:, None, None], new_jacobian, jacobian)
        cost = np.where(better, new_cost, cost)
        damping = np.where(better, damping / 5, damping * 5)
    return state, _spread(window, jacobian, residual, weight)


def _model(window: _Window, target: Floats, state: Floats) -> tuple[Floats, Floats]:
    """Residuals, shape (n, m), and the model's derivatives, shape (n, m, 7)."""
    y, x, log_sigma, amplitude, offset, slope_y, slope_x = (state[:, [i]] for i in range(_N))
    dy, dx = window.y - y, window.x - x
    inverse = np.exp(-2 * log_sigma)
    squared = (dy**2 + dx**2) * inverse
    bell = np.exp(-0.5 * squared)
    peak = amplitude * bell
    # slopes are measured from the window's middle, which stays, not from the column
    py = (window.y - window.y.mean(axis=1, keepdims=True)) / window.radius
    px = (window.x - window.x.mean(axis=1, keepdims=True)) / window.radius
    residual = (target - peak - offset - slope_y * py - slope_x * px) * window.weight
    columns = (peak * dy * inverse, peak * dx * inverse, peak * squared, bell)
    jacobian = np.stack([*columns, np.ones_like(bell), py, px], axis=-1)
    return residual, jacobian * window.weight[..., None]


def _solve(matrices: Floats, vectors: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrices, vectors[..., None])[..., 0])
    except np.linalg.LinAlgError:  # one singular fit must not end all others
        return np.asarray((np.linalg.pinv(matrices) @ vectors[..., None])[..., 0])


def _spread(window: _Window, jacobian: Floats, residual: Floats, weight: Floats) -> Floats:
    """Standard deviation of the position along one axis, from the fit's covariance."""
    freedom = np.maximum(window.weight.sum(axis=1) - _N, 1)
    normal = jacobian.transpose(0, 2, 1) @ jacobian + weight[:, None] * np.eye(_N)
    covariance = np.linalg.pinv(normal, hermitian=True)
    per_pixel = (residual**2).sum(axis=1) / freedom
    variance = 0.5 * (covariance[:, 0, 0] + covariance[:, 1, 1]) * per_pixel
    return np.asarray(np.sqrt(np.maximum(variance, 0)))


def _nearest(points: Floats) -> Floats:
    if len(points) < 2:
        return np.full(len(points), np.inf)
    distances, _ = cKDTree(points).query(points, k=2)
    return np.asarray(distances[:, 1])


def _neighbours(points: Floats, reach: float) -> npt.NDArray[np.intp]:
    return np.asarray(cKDTree(points).query_pairs(reach, output_type="ndarray"))
