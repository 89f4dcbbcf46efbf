"""Names of the samplers, which settings need and whose samplers take long to import."""

from __future__ import annotations

from typing import Literal

SamplerName = Literal["skopt", "tpe", "nsga2", "sobol", "random", "grid"]
