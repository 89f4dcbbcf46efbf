"""Notices about the agreement of a result with the image, and their wording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.physics import counting_area
from napari_reward_analysis.analyses.atoms.run import NOTHING, AtomsRun
from napari_reward_analysis.notices import Notice, register_wording

#: N and the image disagree from this relative difference on.
_DIFFERENCE = 0.1


def evidence_notices(run: AtomsRun) -> list[Notice]:
    """Return the notices on the proposed result of a finished run.

    Parameters
    ----------
    run : AtomsRun
        A run with a result.
    """
    position = run.proposed()
    if position is None or run.sites is None:
        return []
    trial = run.trials[position]
    notices: list[Notice] = []
    if not run.settings.supported and trial.n_unsupported:
        n, of = trial.n_unsupported, trial.score.count
        notices.append(Notice("unsupported_columns", {"n": n, "of": of}))
    if not run.settings.supported:
        return notices
    area = counting_area(run.image.shape, run.region)
    # a vacant site counts as known, and an undecided one may hold a column
    seen = int(np.count_nonzero(run.sites.within(area))) + len(trial.extra)
    if abs(seen - run.physics.expected) > _DIFFERENCE * run.physics.expected:
        expected = run.physics.expected
        notices.append(Notice("count_disagrees", {"seen": seen, "expected": expected}))
    return notices


def _unsupported(values: Mapping[str, Any]) -> str:
    return (
        f"The image does not support {values['n']} of the {values['of']} columns of the proposed "
        "result. They are kept, because the settings ask for all columns."
    )


register_wording("unsupported_columns", _unsupported)
register_wording(
    "count_disagrees", "The image holds about {seen:.0f} columns, but N is {expected:.0f}."
)
register_wording(NOTHING, "The image shows no atomic columns that repeat as a crystal does.")
