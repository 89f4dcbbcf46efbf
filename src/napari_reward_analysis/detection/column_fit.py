"""Fit round Gaussians on local planes to many small windows of an image at once.

A round Gaussian is a product of a function of y and a function of x. The same holds for
its derivatives and for the terms of a plane. Therefore every sum over a window that least
squares needs is a product of sums along rows and columns. A step costs a few small matrix
products for each column, instead of seven passes over all pixels of its window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from napari_reward_analysis.arrays import Float32Array, FloatArray

#: Parameters of a column: y, x, log(sigma), height, offset, slope along y, along x.
N = 7
Y, X, WIDTH, HEIGHT, OFFSET, SLOPE_Y, SLOPE_X = range(N)
#: Parameters in which the model is linear.
_LINEAR = slice(HEIGHT, None)

#: Functions along one axis: g, u g, u^2 g, 1 and p. Here g is a Gaussian, u the distance
#: from the column in sigmas, and p the distance from the middle of the window in radii.
#: The derivative by each parameter, in order, is a product of one function along y and one
#: along x. The derivative by the width is the sum of the third and the eighth product.
_ALONG_Y = np.array([1, 0, 2, 0, 3, 4, 3, 0])
_ALONG_X = np.array([0, 1, 0, 0, 3, 3, 4, 2])


class Prior(NamedTuple):
    """Expected parameters and the weight of each, both of shape (n, 7)."""

    mean: FloatArray
    weight: FloatArray


class Window:
    """The square of pixels around every column.

    Parameters
    ----------
    image : ndarray, shape (H, W)
    points : ndarray, shape (n, 2)
        y, x in pixels.
    radius : int
        Half the edge of the square in pixels.

    Attributes
    ----------
    pixels : ndarray, shape (n, w, w)
    count : ndarray, shape (n,)
        Number of pixels of each square that lie in the image.
    """

    def __init__(self, image: Float32Array, points: FloatArray, radius: int) -> None:
        steps = np.arange(-radius, radius + 1)
        y, x = (np.round(p).astype(int)[:, None] + steps for p in points.T)
        height, width = image.shape
        # Pixels outside the image have no weight.
        inside = (y >= 0) & (y < height), (x >= 0) & (x < width)
        self.weights: list[FloatArray] = [i.astype(float) for i in inside]
        rows, columns = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
        self.pixels: FloatArray = image[rows[:, :, None], columns[:, None, :]].astype(float)
        self.places: list[FloatArray] = [y.astype(float), x.astype(float)]
        self.plane: FloatArray = steps / radius
        self.count: FloatArray = self.weights[0].sum(axis=1) * self.weights[1].sum(axis=1)

    def without(self, columns: FloatArray) -> FloatArray:
        """The pixels minus k columns each, shape (n, k, 7); zero outside the image."""
        y, x = (
            np.exp(-0.5 * ((p[:, None] - columns[..., [i]]) * np.exp(-columns[..., [WIDTH]])) ** 2)
            for i, p in enumerate(self.places)
        )
        y *= columns[..., [HEIGHT]]
        rest: FloatArray = self.pixels - y.transpose(0, 2, 1) @ x
        rest *= self.weights[0][:, :, None]
        rest *= self.weights[1][:, None, :]
        return rest


class Sums(NamedTuple):
    """Sums for a least-squares step at given parameters.

    Attributes
    ----------
    normal : ndarray, shape (n, 7, 7)
        Products of the derivatives, summed over the window.
    slope : ndarray, shape (n, 7)
        Products of derivatives and residuals, summed.
    residual : ndarray, shape (n,)
        Squared residuals, summed.
    """

    normal: FloatArray
    slope: FloatArray
    residual: FloatArray


def sums(window: Window, target: FloatArray, state: FloatArray) -> Sums:
    """Compare columns with parameters `state`, shape (n, 7), with their pixels `target`."""
    along_y, along_x = _along(window, state, Y), _along(window, state, X)
    square_y = (along_y * window.weights[Y][:, None]) @ along_y.transpose(0, 2, 1)
    square_x = (along_x * window.weights[X][:, None]) @ along_x.transpose(0, 2, 1)
    moments = along_y @ target @ along_x.transpose(0, 2, 1)
    # Factor of each derivative: those of position and width are proportional to the height.
    scale = np.ones_like(state)
    scale[:, :HEIGHT] = state[:, [HEIGHT]]
    scale[:, :WIDTH] *= np.exp(-state[:, [WIDTH]])
    normal = square_y[:, _ALONG_Y[:, None], _ALONG_Y] * square_x[:, _ALONG_X[:, None], _ALONG_X]
    normal = _joined(_joined(normal).transpose(0, 2, 1)) * scale[:, :, None] * scale[:, None]
    seen = _joined(moments[:, _ALONG_Y, _ALONG_X]) * scale
    linear = state[:, _LINEAR]
    model = (normal[:, :, _LINEAR] @ linear[..., None])[..., 0]
    power = np.einsum("nij,nij->n", target, target)
    residual = power + (linear * (model - 2 * seen)[:, _LINEAR]).sum(axis=1)
    return Sums(normal, seen - model, np.maximum(residual, 0.0))


def residuals(window: Window, target: FloatArray, state: FloatArray) -> FloatArray:
    """Pixels minus model, shape (n, w, w); zero outside the image."""
    y, x = _along(window, state, Y), _along(window, state, X)
    y[:, 0] *= state[:, [HEIGHT]]
    plane_y = state[:, [OFFSET]] + state[:, [SLOPE_Y]] * window.plane
    plane_x = state[:, [SLOPE_X]] * window.plane
    model = y[:, 0, :, None] * x[:, 0, None, :] + plane_y[:, :, None] + plane_x[:, None, :]
    model *= window.weights[Y][:, :, None]
    model *= window.weights[X][:, None, :]
    return np.asarray(target - model)


def fit(
    window: Window,
    target: FloatArray,
    state: FloatArray,
    damping: FloatArray,
    prior: Prior,
    limits: tuple[float, float],
    steps: int,
) -> tuple[FloatArray, FloatArray]:
    """Improve columns by Levenberg-Marquardt steps with separate damping for each.

    Parameters
    ----------
    window : Window
    target : ndarray, shape (n, w, w)
        Pixels to fit, from `Window.without`.
    state : ndarray, shape (n, 7)
        Parameters at the start.
    damping : ndarray, shape (n,)
        Damping from the steps before.
    prior : Prior
    limits : tuple of float
        Limits of log(sigma). Without limits, a Gaussian might fit the background.
    steps : int
        Number of steps.

    Returns
    -------
    state, damping : ndarray
    """
    known = sums(window, target, state)
    for _ in range(steps):
        gradient = known.slope + prior.weight * (prior.mean - state)
        diagonal = np.einsum("nii->ni", known.normal) + prior.weight
        added = prior.weight + damping[:, None] * diagonal
        trial = state + (inverse(known.normal, added) @ gradient[..., None])[..., 0]
        trial[:, WIDTH] = np.clip(trial[:, WIDTH], *limits)
        new = sums(window, target, trial)
        better = _cost(new, trial, prior) < _cost(known, state, prior)
        state = np.where(better[:, None], trial, state)
        known = Sums(
            np.where(better[:, None, None], new.normal, known.normal),
            np.where(better[:, None], new.slope, known.slope),
            np.where(better, new.residual, known.residual),
        )
        damping = np.where(better, damping / 5, damping * 5)
    return state, damping


def inverse(matrices: FloatArray, added: FloatArray) -> FloatArray:
    """Inverses of matrices, shape (n, 7, 7), after `added` was added to their diagonals."""
    whole = matrices + (added + 1e-12)[:, :, None] * np.eye(N)
    try:
        return np.asarray(np.linalg.inv(whole))
    except np.linalg.LinAlgError:  # one singular fit must not end all others
        return np.asarray(np.linalg.pinv(whole))


def _cost(known: Sums, state: FloatArray, prior: Prior) -> FloatArray:
    return np.asarray(known.residual + (prior.weight * (state - prior.mean) ** 2).sum(axis=1))


def _along(window: Window, state: FloatArray, axis: int) -> FloatArray:
    """The five functions along an axis, shape (n, 5, w)."""
    u = (window.places[axis] - state[:, [axis]]) * np.exp(-state[:, [WIDTH]])
    values = np.empty((len(u), 5, u.shape[1]))
    values[:, 0] = np.exp(-0.5 * u**2)
    np.multiply(values[:, 0], u, out=values[:, 1])
    np.multiply(values[:, 1], u, out=values[:, 2])
    values[:, 3] = 1.0
    values[:, 4] = window.plane
    return values


def _joined(products: FloatArray) -> FloatArray:
    """Add the second part of the derivative by the width, at the end of axis 1."""
    products[:, WIDTH] += products[:, N]
    return products[:, :N]
