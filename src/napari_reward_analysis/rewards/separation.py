"""The reward ambiguity: how little accepted and rejected responses differ."""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.rewards.protocol import Detection, register_reward

#: Distance from the threshold at which responses are compared, as a share of the accepted.
_PART = 0.02


@register_reward("ambiguity", label="ambiguity of the threshold")
def ambiguity(detection: Detection) -> float:
    """Ratio of the strongest rejected responses to the weakest accepted ones.

    Returns
    -------
    float
        Both responses are taken 2 % of the accepted candidates away from the threshold.
        The ratio is near 1 if a small change of the threshold changes the result, and
        near 0 if the columns are clearly stronger than the noise. It is about 1 if
        nothing was rejected, because then nothing is known.
    """
    responses = detection.candidates
    accepted = int(np.searchsorted(-responses, -detection.threshold))
    step = max(1, round(_PART * accepted))
    if accepted < step:
        return 1.0
    rejected = responses[min(accepted + step, len(responses)) - 1]
    return float(np.clip(rejected / responses[accepted - step], 0, 1))
