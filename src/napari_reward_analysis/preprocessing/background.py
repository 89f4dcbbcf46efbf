"""Background stages, which remove slow changes of thickness, support and detector."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.preprocessing.stage import Context, Parameter, register_stage


@register_stage(
    "highpass",
    slot="background",
    label="subtract a smooth background",
    window=Parameter(1.5, 6.0, levels=3),
)
def highpass(image: Float32Array, context: Context, window: float) -> Float32Array:
    """Subtract a Gaussian average.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    context : Context
        Holds the column spacing.
    window : float
        Sigma of the average in column spacings.
    """
    sigma = window * context.spacing_px
    return np.asarray(image - ndimage.gaussian_filter(image, sigma, mode="reflect"))


@register_stage(
    "flatten",
    slot="background",
    label="divide by local contrast",
    window=Parameter(2.0, 8.0, levels=3),
)
def flatten(image: Float32Array, context: Context, window: float) -> Float32Array:
    """Subtract the local mean and divide by the local standard deviation.

    This evens out contrast that changes across the field because of a wedge, a tilt or a
    shadow. Areas with very small contrast stay weak, so that noise in vacuum is not raised
    to the height of columns.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    context : Context
        Holds the column spacing.
    window : float
        Sigma of the averages in column spacings.
    """
    sigma = window * context.spacing_px
    mean = ndimage.gaussian_filter(image, sigma, mode="reflect")
    variance = ndimage.gaussian_filter((image - mean) ** 2, sigma, mode="reflect")
    deviation = np.sqrt(np.maximum(variance - context.noise**2, 0))
    least = max(0.5 * float(np.median(deviation)), 0.1 * float(image.std()))
    return np.asarray((image - mean) / (deviation + least))
