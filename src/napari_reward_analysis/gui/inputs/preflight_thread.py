"""The lattice in the image, looked for beside the form: in a thread, once, and not in vain.

The form asks whenever image, scale, crystal or region changes; what is asked in quick
succession is answered once. A run that starts meanwhile waits for the same answer.
"""

from __future__ import annotations

import threading
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.calibration.preflight import Survey, survey
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.gui.layers.shown_image import Frame
from napari_reward_analysis.gui.widgets.background import Job
from napari_reward_analysis.image import Image

#: ms without a change before the image is looked at.
_SETTLE = 200


class Surveying:
    """One survey, made by whichever thread needs it first.

    Parameters
    ----------
    frame : Frame
        The image.
    pixel_size : float or None
        As typed by the user, in angstrom; None takes the layer's.
    lattice : Lattice
        The crystal to look for.
    region : ndarray of bool or None
        Drawn by the user.
    area : {'field', 'crystal'}
        What counts where nothing is drawn.
    """

    def __init__(
        self,
        frame: Frame,
        pixel_size: float | None,
        lattice: Lattice,
        region: BoolArray | None,
        area: AreaRule,
    ) -> None:
        self._frame, self._pixel_size, self._lattice = frame, pixel_size, lattice
        self._region, self._area = region, area
        self._lock = threading.Lock()
        self._found: Survey | None = None

    def result(self) -> Survey:
        """The survey; made here, or waited for where another thread is making it.

        Raises
        ------
        BadInput
            If the pixels are of no use.
        """
        with self._lock:
            if self._found is None:
                # a scale that cannot be used is no hindrance: the lattice may give it
                size = self._pixel_size or self._frame.pixel_size
                image = self._frame.image(size or 1.0)
                if size is None:
                    image = Image(image.data, None, image.name, image.source)
                # tells later whether the pixels are still the same
                _ = image.fingerprint
                self._found = survey(image, self._lattice, region=self._region, area=self._area)
            return self._found

    def of(self, image: Image) -> Survey | None:
        """The survey if it is about these very pixels, else None."""
        found = self.result()
        same = found.image.pixel_size == image.pixel_size
        return found if same and found.image.fingerprint == image.fingerprint else None

    @property
    def busy(self) -> bool:
        """Whether a thread is at it."""
        return self._lock.locked()


class SurveyWatch(QObject):
    """Keeps the survey of what the form shows.

    Signals
    -------
    changed
        The survey has come.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: tuple[Any, ...] | None = None
        self._job: Job[Survey] | None = None
        self._at_work: Surveying | None = None
        #: What is being asked; None where there is nothing to ask.
        self.surveying: Surveying | None = None
        #: The answer; None as long as there is none.
        self.survey: Survey | None = None
        #: Why there is none.
        self.fault = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self._start)

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self.surveying is not None and self.survey is None and not self.fault

    def ask(self, key: tuple[Any, ...] | None, surveying: Surveying | None) -> None:
        """Ask for a survey, unless the same was asked last.

        Parameters
        ----------
        key : tuple or None
            Whatever the answer depends on.
        surveying : Surveying or None
            None where there is nothing to ask.
        """
        if key == self._key:
            return
        self.stop()
        self._key, self.surveying = key, surveying
        self.survey, self.fault = None, ""
        if surveying is not None:
            self._settle.start()

    def stop(self) -> None:
        """Take no more interest in an answer."""
        self._settle.stop()
        if self._job is not None:
            self._job.drop()
            self._job = None
        self._key, self.surveying = None, None

    def _start(self) -> None:
        asked = self.surveying
        if asked is None:
            return
        if self._at_work is not None and self._at_work.busy:
            # one at a time: the answer that nobody waits for any more comes first
            self._settle.start()
            return
        self._at_work = asked
        self._job = Job(asked.result, self._on_survey, self._on_fault)
        # a window that is closed takes this along, but not what goes on in a thread
        self.destroyed.connect(self._job.drop)
        self._job.start()

    def _on_survey(self, found: Survey) -> None:
        self.survey, self._job = found, None
        self.changed.emit()

    def _on_fault(self, sentence: str) -> None:
        self.fault, self._job = sentence, None
        self.changed.emit()
