"""The reward unsupported: columns of a setting that the image itself does not show.

A filter can paint the perfect crystal over a vacancy, and QC and incoherence reward the
paint. This reward is the share of columns without evidence in the bare image.
"""

from __future__ import annotations

from napari_reward_analysis.rewards.protocol import Detection, register_reward


@register_reward("unsupported", label="unsupported columns", needs=("evidence",))
def unsupported(detection: Detection) -> float:
    """Share of the found columns that the bare image does not support.

    Returns
    -------
    float
        Dropped columns over all columns that the setting found in the area.
    """
    found = len(detection.points) + detection.unsupported
    return detection.unsupported / found if found else 1.0
