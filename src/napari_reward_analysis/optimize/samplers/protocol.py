"""What every sampler does."""

from __future__ import annotations

from typing import Protocol

from napari_reward_analysis.optimize.space import UnitPoint


class Sampler(Protocol):
    """Proposes points of the unit cube and learns from their objectives.

    Attributes
    ----------
    initial : int
        Trials of the initial design, before which nothing is proposed from what was learnt.
    """

    initial: int

    def ask(self) -> UnitPoint:
        """Next point to evaluate, shape (d,)."""
        ...

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Result at a point, all objectives minimised; None where it failed or is infeasible.

        Objectives that are not finite are a failure too.
        """
        ...
