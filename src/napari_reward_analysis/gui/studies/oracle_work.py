"""An oracle's columns and what agrees with them, worked out in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from napari_reward_analysis.analyses.atoms.oracle_counts import agreement_of_trials
from napari_reward_analysis.analyses.atoms.run import ImageReference, Run
from napari_reward_analysis.analyses.oracle.execute import oracle_of_file
from napari_reward_analysis.analyses.oracle.find import find_columns
from napari_reward_analysis.analyses.oracle.network import load_model
from napari_reward_analysis.analyses.oracle.run import Comparison, TrialAgreement
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.calibration.preflight import run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.points.agreement import counted, half_spacing, require_within
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.points.matching import points_within

Kind = Literal["network", "model", "file", "points"]


@dataclass(frozen=True, eq=False)
class OracleRequest:
    """Everything that the comparison needs, as plain values.

    Attributes
    ----------
    frame : ShownImage
        The image; its pixels are read in the thread.
    pixel_size : float or None
        As typed, in angstrom; None takes the layer's.
    lattice : Lattice or None
        Gives the pixel size where the image has none, and the crystal's area.
    area : {'field', 'crystal'}
    region : ndarray of bool, shape (H, W), or None
        The compared pixels where they are drawn.
    analysed : ndarray of bool, shape (H, W), or None
        Those that the run analysed whose result is compared, unless a region is drawn.
    kind : {'network', 'model', 'file', 'points'}
        Where the oracle comes from.
    path : Path or None
        The model or the file.
    given : Oracle or None
        The points of a layer.
    found : ndarray, shape (n, 2), or None
        y and x in px of what is compared; None for nothing.
    found_name : str
        What to call it.
    distance : float or None
        Of matching, in angstrom; None for half the oracle's spacing.
    runs : tuple of Run
        Searches on this image, whose fronts are judged too.
    """

    frame: ShownImage
    pixel_size: float | None
    lattice: Lattice | None
    area: AreaRule
    region: BoolArray | None
    analysed: BoolArray | None
    kind: Kind
    path: Path | None
    given: Oracle | None
    found: FloatArray | None
    found_name: str
    distance: float | None
    runs: tuple[Run, ...]


def work_out(request: OracleRequest, stop: threading.Event) -> Comparison:
    """Find or take the oracle and compare.

    Parameters
    ----------
    request : OracleRequest
    stop : threading.Event
        When set, a network is asked for no further tile.

    Raises
    ------
    BadInput
        If anything does not fit.
    """
    image = request.frame.image(request.pixel_size)
    from_lattice = image.pixel_size is None and request.lattice is not None
    seen = run_preflight(
        image,
        request.lattice,
        region=request.analysed if request.region is None else request.region,
        calibrate="lattice" if from_lattice else "header",
        area=request.area,
    )
    notices = [sentence(notice) for notice in seen.notices]
    image = seen.image
    if request.area == "crystal" and request.lattice is None and seen.region is None:
        notices.append("Without a lattice no crystal is seen: the whole field is compared.")
    everywhere = _oracle(request, image, stop).within(_area(image, None))
    oracle = everywhere.within(_area(image, seen.region))
    if image.pixel_size is None and request.kind == "network":
        notices.append("The pixel size is not known: the network's scale is a guess; type it.")
    reach = _reach(request, image, oracle)
    found = request.found
    if found is not None and reach is not None:
        inside = require_within(found, _area(image, seen.region), request.found_name)
        if seen.region is not None:
            wanted = points_within(everywhere.points, seen.region)
            inside = counted(found, inside, everywhere.points, wanted, reach)
            inside &= points_within(found, _area(image, None))
        found = found[inside]
    # each run has an area of its own: that of the compared one is not the others'
    area = seen.region if request.analysed is None else None
    comparison = Comparison(
        image=ImageReference.of(image),
        oracle=oracle,
        found=found,
        found_name=request.found_name,
        reach=reach,
        runs=() if reach is None else tuple(_judged(request.runs, everywhere, area, reach, stop)),
        notices=tuple(notices),
    )
    # worked out here: the window waits for nothing, and a refusal is told like any other
    _ = comparison.result
    return comparison


def _oracle(request: OracleRequest, image: Image, stop: threading.Event) -> Oracle:
    if request.kind == "points":
        assert request.given is not None  # the form sees to it
        return request.given
    if request.kind == "file":
        assert request.path is not None
        return oracle_of_file(image, request.path)
    model = load_model(request.path if request.kind == "model" else None)
    columns = find_columns(image, replace(model, session=_Stoppable(model.session, stop)))
    if not len(columns.points):
        raise BadInput(f"{model.name} sees no column in {image.name!r}: check the pixel size.")
    return Oracle(model.name, columns.points, columns.confidence, columns.classes)


def _area(image: Image, region: BoolArray | None) -> BoolArray:
    return np.ones(image.shape, bool) if region is None else region


def _reach(request: OracleRequest, image: Image, oracle: Oracle) -> float | None:
    if request.distance is not None:
        return request.distance / image.require_pixel_size()
    try:
        return half_spacing(oracle.points)
    except BadInput:
        # points without a spacing can be shown, and not compared
        if request.found is None:
            return None
        raise


def _judged(
    runs: tuple[Run, ...],
    oracle: Oracle,
    area: BoolArray | None,
    reach: float,
    stop: threading.Event,
) -> Iterator[TrialAgreement]:
    """F1 of every trial, within the area that each run analysed and that is compared.

    A run that the oracle knows nothing of is left out.
    """
    for run in runs:
        parts = [part for part in (run.region, area) if part is not None]
        here = np.logical_and.reduce(parts) if parts else None
        if here is not None and not points_within(oracle.points, here).any():
            continue
        values = np.empty(len(run.trials))
        for place, trial in enumerate(run.trials):
            if stop.is_set():
                raise InterruptedError
            values[place] = agreement_of_trials([trial], oracle.points, reach, here)[0]
        yield TrialAgreement.of(run, values)


class _Stoppable:
    """A network's session that refuses to go on when it was told to stop."""

    def __init__(self, session: Any, stop: threading.Event) -> None:
        self._session, self._stop = session, stop

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def run(self, names: Any, feed: Any) -> Any:
        if self._stop.is_set():
            raise InterruptedError
        return self._session.run(names, feed)
