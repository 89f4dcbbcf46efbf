"""Measure the amplitude of each column in the bare image, and judge whether it is there.

`evidence.measure_evidence` fits all sites of the lattices together and gives the probability
of a column at each. `alone.evidence_of_points_alone` judges points without a lattice.
`supported.supported` chooses the columns that are reported.
"""

from napari_reward_analysis.evidence.alone import evidence_of_points_alone
from napari_reward_analysis.evidence.evidence import Evidence, measure_evidence
from napari_reward_analysis.evidence.points import PointEvidence
from napari_reward_analysis.evidence.sites import Sites
from napari_reward_analysis.evidence.supported import supported

__all__ = [
    "Evidence",
    "PointEvidence",
    "Sites",
    "evidence_of_points_alone",
    "measure_evidence",
    "supported",
]
