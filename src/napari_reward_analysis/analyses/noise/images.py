"""One image at several levels of noise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from napari_reward_analysis.analyses.noise.settings import Kind, Unit
from napari_reward_analysis.image import Image


def noisy_image(image: Image, level: float, unit: Unit, kind: Kind, seed: int) -> Image:
    """An image with noise added.

    Parameters
    ----------
    image : Image
        The image.
    level : float
        Standard deviation of the noise; of Poisson noise, at the image's mean intensity.
    unit : {'range', 'std'}
        What the level is a part of: the image's range, or its standard deviation.
    kind : {'gaussian', 'poisson'}
        The same everywhere, or that of counted electrons, the darkest pixel being none.
    seed : int
        The same seed, level and image give the same noise.

    Returns
    -------
    Image
        Float pixels; pixels that are not finite stay so. Level 0 is the image itself.
    """
    if level == 0:
        return image
    pixels = np.asarray(image.data, dtype=np.float64)
    rng = np.random.default_rng([seed, round(level * 1e6)])
    if kind == "gaussian":
        noisy = pixels + noise_width(image, level, unit) * rng.standard_normal(image.shape)
    else:
        low = float(pixels[image.valid].min())
        per_unit = mean_dose(image, level, unit) / _mean_signal(image)
        expected = np.where(image.valid, pixels - low, 0.0) * per_unit
        noisy = np.where(image.valid, low + rng.poisson(expected) / per_unit, pixels)
    return replace(image, data=noisy.astype(np.float32))


def noise_width(image: Image, level: float, unit: Unit) -> float:
    """Standard deviation of the noise in the image's own unit."""
    finite = np.asarray(image.data, dtype=np.float64)[image.valid]
    return level * float(np.ptp(finite) if unit == "range" else finite.std())


def mean_dose(image: Image, level: float, unit: Unit) -> float:
    """Electrons a pixel, on the mean, whose Poisson noise is that of a level; none is infinite."""
    if level == 0:
        return math.inf
    return (_mean_signal(image) / noise_width(image, level, unit)) ** 2


def _mean_signal(image: Image) -> float:
    finite = np.asarray(image.data, dtype=np.float64)[image.valid]
    return float(finite.mean() - finite.min())
