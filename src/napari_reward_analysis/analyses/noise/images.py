"""Add noise of a given level to an image."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from napari_reward_analysis.analyses.noise.settings import Kind, Unit
from napari_reward_analysis.image import Image


def noisy_image(image: Image, level: float, unit: Unit, kind: Kind, seed: int) -> Image:
    """Return an image with added noise.

    Parameters
    ----------
    image : Image
        The image.
    level : float
        Standard deviation of the noise. For Poisson noise, it applies at the mean intensity.
    unit : {'range', 'std'}
        Unit of the level: the range of the image, or its standard deviation.
    kind : {'gaussian', 'poisson'}
        Noise of equal strength everywhere, or noise of counted electrons with zero electrons
        in the darkest pixel.
    seed : int
        Seed. The same seed, level and image give the same noise.

    Returns
    -------
    Image
        Image with float pixels. Pixels that are not finite do not change. Level 0 gives the
        same image.
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
    """Return the standard deviation of the noise in the units of the pixels."""
    finite = np.asarray(image.data, dtype=np.float64)[image.valid]
    return level * float(np.ptp(finite) if unit == "range" else finite.std())


def mean_dose(image: Image, level: float, unit: Unit) -> float:
    """Return the mean number of electrons per pixel for a level of Poisson noise.

    It is infinite at level 0.
    """
    if level == 0:
        return math.inf
    return (_mean_signal(image) / noise_width(image, level, unit)) ** 2


def _mean_signal(image: Image) -> float:
    finite = np.asarray(image.data, dtype=np.float64)[image.valid]
    return float(finite.mean() - finite.min())
