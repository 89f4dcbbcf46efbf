"""What may be done to an image before the LoG, chosen and tuned by the same rewards."""

from napari_reward_analysis.preprocessing.stage import (
    SLOTS,
    Context,
    Parameter,
    Slot,
    Stage,
    all_stages,
    register_stage,
    stage_named,
)

__all__ = [
    "SLOTS",
    "Context",
    "Parameter",
    "Slot",
    "Stage",
    "all_stages",
    "register_stage",
    "stage_named",
]
