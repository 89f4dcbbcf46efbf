"""Denoising stages in real space: Gaussian, total variation, non-local means."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.preprocessing.stage import Context, Parameter, register_stage


@register_stage("gaussian", label="Gaussian blur", sigma=Parameter(0.08, 0.24, levels=3))
def gaussian(image: Float32Array, context: Context, sigma: float) -> Float32Array:
    """Blur with a Gaussian.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    context : Context
        Holds the column spacing.
    sigma : float
        Sigma in column spacings.
    """
    return np.asarray(ndimage.gaussian_filter(image, sigma * context.spacing_px, mode="reflect"))


@register_stage("tv", label="total variation", weight=Parameter(0.5, 2.0, levels=3))
def total_variation(image: Float32Array, context: Context, weight: float) -> Float32Array:
    """Total-variation denoising of scikit-image (Chambolle 2004).

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    context : Context
        Holds the noise.
    weight : float
        Weight in standard deviations of the noise.
    """
    from skimage.restoration import denoise_tv_chambolle

    strength = max(weight * context.noise, 1e-3)
    denoise: Any = denoise_tv_chambolle  # has no types in some versions
    return np.asarray(denoise(image, weight=strength, max_num_iter=50))


@register_stage("nlm", label="non-local means", strength=Parameter(0.5, 1.5, levels=3))
def non_local_means(image: Float32Array, context: Context, strength: float) -> Float32Array:
    """Non-local means of scikit-image (Buades, Coll, Morel 2005).

    Each patch is compared with patches within about one cell around the pixel, where the
    lattice repeats them.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    context : Context
        Holds column spacing and noise.
    strength : float
        Cut-off distance of the patches in standard deviations of the noise.
    """
    from skimage.restoration import denoise_nl_means

    patch = max(3, round(0.5 * context.spacing_px)) | 1
    reach = max(3, round(1.5 * context.spacing_px))
    noise = max(context.noise, 1e-3)
    return np.asarray(
        denoise_nl_means(
            image,
            patch_size=patch,
            patch_distance=reach,
            h=strength * noise,
            sigma=noise,
            fast_mode=True,
        )
    )
