"""Settings of the published search for atoms.

Source: Barakati et al., arXiv 2404.14146. The search uses the LoG alone. It searches the five
parameters in the ranges of the published scripts, with QC and ER of the whole field.
"""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.analyses.atoms.published_fields import FIELDS, with_ranges
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings


def as_published(**changes: Any) -> AtomsSettings:
    """Return the settings of the published search.

    Parameters
    ----------
    **changes
        Other values for fields of `AtomsSettings`. `ranges` gives other ranges for the
        parameters that it names.
    """
    return AtomsSettings.model_validate({**FIELDS, **changes, "ranges": with_ranges(changes)})


def is_as_published(settings: AtomsSettings) -> bool:
    """Return True for the published search, with any ranges and any number of trials."""
    return all(getattr(settings, name) == value for name, value in FIELDS.items())
