"""What a person chooses for an analysis by sliding windows."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings


class WindowsSettings(BaseModel):
    """What a person chooses; saved with the result, so that it can be repeated.

    Attributes
    ----------
    atoms : AtomsSettings
        The search in each window. A count is that of the whole image and has no meaning
        in a window: the lattice gives each its own.
    side : float, optional
        Side of a window in angstrom; by default ten roots of the cell's area.
    overlap : float
        Part of its side that a window shares with the next, at least.
    workers : int, optional
        Windows that are searched at once, one per core by default. The result does not
        depend on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    atoms: AtomsSettings = AtomsSettings(trials=30)
    side: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    overlap: float = Field(default=0.25, ge=0, le=0.75)
    workers: int | None = Field(default=None, ge=1, le=256)
