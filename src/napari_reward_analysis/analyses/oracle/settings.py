"""Settings of a comparison with an oracle."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from napari_reward_analysis.calibration.choices import AreaRule, Calibration
from napari_reward_analysis.search.settings import option


class OracleSettings(BaseModel):
    """Settings of a comparison with an oracle, saved with the run."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    distance: float | None = option(
        None,
        title="Matching distance",
        help="Largest distance between a found column and its column of the oracle.",
        unit="Å",
        metavar="A",
        empty="half the oracle's nearest spacing",
        gt=0,
        allow_inf_nan=False,
    )
    threshold: float = option(
        0.3,
        title="Confidence",
        help="Lowest peak in the network's map that counts as a column, between 0 and 1.",
        advanced=True,
        metavar="T",
        gt=0,
        lt=1,
    )
    calibrate: Calibration = option(
        "header",
        title="Pixel size from",
        help="Source of the pixel size: the image's header, or the lattice seen in the image.",
        choices={"header": "the image", "lattice": "the lattice seen"},
    )
    area: AreaRule = option(
        "field",
        title="Area",
        help="Area that is compared: the whole field, or the crystal as measured in the image. "
        "A drawn region or the analysed area of a run takes precedence.",
        choices={"field": "the whole field", "crystal": "where the lattice is seen"},
    )
