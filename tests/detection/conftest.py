"""Provide images for the tests of the detection."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage as ndi


@pytest.fixture(scope="session")
def speckle():
    """Maker of images with blobs of every size and strength, of about a given width."""

    def make(shape, seed, width):
        image = ndi.gaussian_filter(np.random.default_rng(seed).random(shape), width)
        return ((image - image.min()) / np.ptp(image)).astype(np.float32)

    return make
