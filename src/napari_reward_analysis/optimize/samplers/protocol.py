"""The protocol of all samplers."""

from __future__ import annotations

from typing import Protocol

from napari_reward_analysis.optimize.space import UnitPoint


class Sampler(Protocol):
    """Proposes points of the unit cube and learns from their objectives.

    Attributes
    ----------
    initial : int
        Number of trials in the initial design, which does not depend on earlier results.
    """

    initial: int

    def ask(self) -> UnitPoint:
        """The next point to evaluate, shape (d,)."""
        ...

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Learn from the result at a point, all objectives minimised.

        None means that the trial failed or is infeasible. Objectives that are not finite
        count as a failure too.
        """
        ...
