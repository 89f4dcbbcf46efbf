"""Samplers, which choose the next point of the unit cube.

All samplers share one small protocol, so that they can be exchanged and compared.
"""

from __future__ import annotations

from napari_reward_analysis.optimize.sampler_names import SamplerName
from napari_reward_analysis.optimize.samplers.acquisition import (
    expected_hypervolume_improvement,
)
from napari_reward_analysis.optimize.samplers.make import make_sampler
from napari_reward_analysis.optimize.samplers.protocol import Sampler

__all__ = [
    "Sampler",
    "SamplerName",
    "expected_hypervolume_improvement",
    "make_sampler",
]
