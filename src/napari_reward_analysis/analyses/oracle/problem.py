"""An image with an oracle and everything that is compared with it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.run import Run, load_run
from napari_reward_analysis.analyses.oracle.network import load_model
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.analyses.oracle.sources import oracle_of_file, oracle_of_network
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.choices import Calibration
from napari_reward_analysis.calibration.preflight import run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import Notice, register_wording
from napari_reward_analysis.points.agreement import counted, half_spacing, require_within
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.points.matching import points_within
from napari_reward_analysis.runs.analysis import Inputs


@dataclass(frozen=True, eq=False)
class Compared:
    """Positions that are compared with an oracle.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y and x in px, of the whole image.
    name : str
        Of the layer, or of run and trial.
    area : ndarray of bool, shape (H, W), or None
        The part of the image that was analysed; None for all of it.
    inside : ndarray of bool, shape (n,), or None
        Points that count as inside of the area; None for those that lie there.
    trial : int or None
        Number of the trial, where they are the result of a run.
    """

    points: FloatArray
    name: str
    area: BoolArray | None = None
    inside: BoolArray | None = None
    trial: int | None = None

    @classmethod
    def of(cls, run: Run) -> Compared:
        """The result of a run: the trial that the user chose, else the proposed one.

        Raises
        ------
        BadInput
            If the run has no trial with a result.
        """
        position = run.choice if run.choice is not None else run.proposed()
        if position is None:
            raise BadInput("The run has no trial with a result: choose another run.")
        trial = run.trials[position]
        return cls(
            points=trial.points[trial.shown].astype(np.float64),
            name=f"{run.name}, trial {trial.index}",
            area=run.region,
            inside=trial.inside[trial.shown],
            trial=trial.index,
        )


class OracleProblem:
    """One comparison with an oracle, before it begins.

    Parameters
    ----------
    inputs : Inputs
        Image, lattice, the region that is compared where one is drawn, and in `given`:

        - the oracle: 'points', an `Oracle`, positions of shape (n, 2) in px, or the path of
          a table; or 'model', the path of a network. Without either it is the package's
          own network.
        - what is compared: 'run', a run on this image or its path; or 'found', a
          `Compared`. Without either nothing is.
        - 'runs', further runs on this image whose trials are judged.
    settings : OracleSettings
        Distance, threshold, pixel size and area.

    Attributes
    ----------
    image : Image
        With the pixel size that is used.
    region : ndarray of bool, shape (H, W), or None
        The compared part of the image; None for all of it.
    compared : Compared or None
        What is compared.
    judged : tuple of Run
        Runs whose trials are judged.
    notices : list of Notice
        About pixel size and area.

    Raises
    ------
    BadInput
        If the inputs do not fit together.
    """

    def __init__(self, inputs: Inputs, settings: OracleSettings) -> None:
        self.settings, self.lattice = settings, inputs.lattice
        given = inputs.given
        run = _run(given.get("run"), inputs.image)
        self.compared: Compared | None = given.get("found") if run is None else Compared.of(run)
        self.judged: tuple[Run, ...] = (*(() if run is None else (run,)), *given.get("runs", ()))
        # a drawn region goes before the area that was analysed
        own = None if self.compared is None or inputs.region is not None else self.compared.area
        seen = run_preflight(
            inputs.image,
            inputs.lattice,
            region=inputs.region if own is None else own,
            calibrate=_calibration(inputs.image, inputs.lattice, settings),
            area=settings.area,
        )
        self.image, self.region = seen.image, seen.region
        # each run has an area of its own: that of the compared one is not the others'
        self._common_area = None if own is not None else seen.region
        self.notices = list(seen.notices)
        if settings.area == "crystal" and inputs.lattice is None and seen.region is None:
            self.notices.append(Notice("no_lattice_to_see"))
        points, model = given.get("points"), given.get("model")
        if self.image.pixel_size is None and points is None and model is None:
            self.notices.append(Notice("guessed_scale"))
        self._points: Any = points
        self._network = load_model(_path(model)) if points is None else None

    def oracle(self) -> Generator[None, None, Oracle]:
        """The oracle over the whole image, with a pulse after each tile that a network sees.

        Raises
        ------
        BadInput
            If it has no column on the image.
        """
        everywhere = np.ones(self.image.shape, bool)
        if self._network is not None:
            threshold = self.settings.threshold
            found = yield from oracle_of_network(self.image, self._network, threshold)
            return found.within(everywhere)
        points = self._points
        if isinstance(points, str | Path):
            return oracle_of_file(self.image, Path(points))
        if not isinstance(points, Oracle):
            points = Oracle.of_points("positions", np.asarray(points, float))
        there: Oracle = points.within(everywhere)
        return there

    def reach(self, oracle: Oracle) -> float | None:
        """Largest distance of a pair in px; None where there is none and nothing is compared.

        Parameters
        ----------
        oracle : Oracle
            In the compared part of the image.

        Raises
        ------
        BadInput
            If a distance in angstrom cannot be converted, or none follows from the oracle.
        """
        if self.settings.distance is not None:
            return self.settings.distance / self.image.require_pixel_size()
        try:
            return half_spacing(oracle.points)
        except BadInput:
            # points without a spacing can be shown, and not compared
            if self.compared is None:
                return None
            raise

    def found(self, oracle: Oracle, reach: float) -> FloatArray | None:
        """The compared positions that count, shape (n, 2); None where nothing is compared.

        Parameters
        ----------
        oracle : Oracle
            Over the whole image.
        reach : float
            Largest distance of a pair in px.

        Raises
        ------
        BadInput
            If they belong to another image, or none lies in the compared part.
        """
        if self.compared is None:
            return None
        points, everywhere = self.compared.points, np.ones(self.image.shape, bool)
        area = everywhere if self.region is None else self.region
        inside = require_within(points, area, self.compared.name)
        if self.region is not None:
            if self.compared.inside is not None:
                inside = self.compared.inside
            wanted = points_within(oracle.points, self.region)
            inside = counted(points, inside, oracle.points, wanted, reach)
            inside &= points_within(points, everywhere)
        return points[inside]

    def area_of(self, run: Run) -> BoolArray | None:
        """The part of the image in which the trials of a run are judged; None for all of it."""
        parts = [part for part in (run.region, self._common_area) if part is not None]
        return np.logical_and.reduce(parts) if parts else None


def _run(given: Any, image: Image) -> Run | None:
    if given is None:
        return None
    run = given if isinstance(given, Run) else load_run(Path(given))
    if not run.image.matches(image):
        raise BadInput(
            f"The run is of {run.image.name!r}, not of {image.name!r}: the pixels differ; "
            "choose the image that it was made on."
        )
    return run


def _calibration(image: Image, lattice: Lattice | None, settings: OracleSettings) -> Calibration:
    """An image without a pixel size takes the lattice's, where one is given."""
    return "lattice" if image.pixel_size is None and lattice is not None else settings.calibrate


def _path(given: Any) -> Path | None:
    return None if given is None else Path(given)


register_wording(
    "no_lattice_to_see", "Without a lattice no crystal is seen: the whole field is compared."
)
register_wording(
    "guessed_scale",
    "The pixel size is not known: the network's scale was guessed from the spacing seen in the "
    "image.",
)
