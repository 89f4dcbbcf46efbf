"""Separation: accepted responses that stand clear of the rejected ones."""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.rewards.protocol import Detection, register_reward

#: Part of the accepted blobs that is compared with as many rejects next to the threshold.
_PART = 0.02


@register_reward("ambiguity", label="ambiguity of the threshold")
def ambiguity(detection: Detection) -> float:
    """How little the weakest accepted candidates differ from the strongest rejected.

    Returns
    -------
    float
        Ratio of the strongest rejected response to the weakest accepted one, each 2 %
        of the accepted away from the threshold: near 1 where the choice hangs by a
        thread, near 0 where the columns stand clear of the noise. Where nothing was
        rejected nothing is known: about 1.
    """
    responses = detection.candidates
    accepted = int(np.searchsorted(-responses, -detection.threshold))
    step = max(1, round(_PART * accepted))
    if accepted < step:
        return 1.0
    rejected = responses[min(accepted + step, len(responses)) - 1]
    return float(np.clip(rejected / responses[accepted - step], 0, 1))
