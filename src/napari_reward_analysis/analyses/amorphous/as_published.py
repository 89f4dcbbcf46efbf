"""Settings of the published search for amorphous regions.

Source: Barakati et al., arXiv 2404.14146. The search uses the posterior of a mixture of two
Gaussians in two principal components, for columns of the brightest kind in one orientation.
It searches the threshold and the covariance, with compactness and perimeter as rewards.
"""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.analyses.amorphous.published_fields import FIELDS, published_parameters
from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings


def as_published(**changes: Any) -> AmorphousSettings:
    """Return the settings of the published search.

    Parameters
    ----------
    **changes
        Other values for fields of `AmorphousSettings`. `fixed` and `ranges` give other
        values or ranges for the parameters that they name. A parameter in `search` is
        searched.
    """
    return AmorphousSettings.model_validate({**FIELDS, **changes, **published_parameters(changes)})


def is_as_published(settings: AmorphousSettings) -> bool:
    """Return True for the published search, with any searched parameters."""
    return all(getattr(settings, name) == value for name, value in FIELDS.items())
