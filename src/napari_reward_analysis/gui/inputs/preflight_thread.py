"""Look for the lattice in the image in a thread, while the user fills in the form.

The form asks whenever image, scale, lattice or region changes. Questions in quick
succession get one answer. A run that starts meanwhile waits for the same answer.
"""

from __future__ import annotations

import threading
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.calibration.preflight import Preflight, run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.image import Image

#: Time in ms without a change, after which the search for the lattice begins.
_SETTLE = 200


class SharedPreflight:
    """One preflight, made by the first thread that needs it.

    Parameters
    ----------
    frame : ShownImage
        The image.
    pixel_size : float or None
        As typed by the user, in angstrom; None takes that of the layer.
    lattice : Lattice
        The lattice to look for.
    region : ndarray of bool or None
        Region drawn by the user.
    area : {'field', 'crystal'}
        Area in which columns are expected while no region is drawn.
    """

    def __init__(
        self,
        frame: ShownImage,
        pixel_size: float | None,
        lattice: Lattice,
        region: BoolArray | None,
        area: AreaRule,
    ) -> None:
        self._frame, self._pixel_size, self._lattice = frame, pixel_size, lattice
        self._region, self._area = region, area
        self._lock = threading.Lock()
        self._found: Preflight | None = None

    def result(self) -> Preflight:
        """The preflight. The first call makes it; calls from other threads wait for it.

        Raises
        ------
        BadInput
            If the pixels cannot be used.
        """
        with self._lock:
            if self._found is None:
                # the lattice may give the pixel size where the layer has none
                size = self._pixel_size or self._frame.pixel_size
                image = self._frame.image(size or 1.0)
                if size is None:
                    image = Image(image.data, None, image.name, image.source)
                # `of` compares it: the pixels may change later
                _ = image.fingerprint
                self._found = run_preflight(
                    image, self._lattice, region=self._region, area=self._area
                )
            return self._found

    def of(self, image: Image) -> Preflight | None:
        """The preflight, if the pixels of an image are the same; else None."""
        found = self.result()
        same = found.image.pixel_size == image.pixel_size
        return found if same and found.image.fingerprint == image.fingerprint else None

    @property
    def busy(self) -> bool:
        """Whether a thread is making the preflight."""
        return self._lock.locked()


class PreflightWatch(QObject):
    """Keep the preflight of the form up to date.

    Signals
    -------
    changed
        The preflight is there, or has failed.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: tuple[Any, ...] | None = None
        self._task: BackgroundTask[Preflight] | None = None
        self._at_work: SharedPreflight | None = None
        #: The question; None where there is none.
        self.shared_preflight: SharedPreflight | None = None
        #: The answer; None while there is none.
        self.preflight: Preflight | None = None
        #: The reason why there is no answer.
        self.fault = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self._start)

    @property
    def busy(self) -> bool:
        """Whether a thread looks for the lattice."""
        return self._task is not None

    @property
    def waiting(self) -> bool:
        """Whether an answer has still to come."""
        return self.shared_preflight is not None and self.preflight is None and not self.fault

    def ask(self, key: tuple[Any, ...] | None, shared_preflight: SharedPreflight | None) -> None:
        """Ask for a preflight, unless the last question was the same.

        Parameters
        ----------
        key : tuple or None
            Everything that the answer depends on.
        shared_preflight : SharedPreflight or None
            None where there is no question.
        """
        if key == self._key:
            return
        self.stop()
        self._key, self.shared_preflight = key, shared_preflight
        self.preflight, self.fault = None, ""
        if shared_preflight is not None:
            self._settle.start()

    def stop(self) -> None:
        """Stop waiting for an answer."""
        self._settle.stop()
        if self._task is not None:
            self._task.drop()
            self._task = None
        self._key, self.shared_preflight = None, None

    def _start(self) -> None:
        asked = self.shared_preflight
        if asked is None:
            return
        if self._at_work is not None and self._at_work.busy:
            # one thread at a time: wait for the end of the former one
            self._settle.start()
            return
        self._at_work = asked
        self._task = BackgroundTask(asked.result, self._on_preflight, self._on_fault)
        # a closed window deletes this object, but the thread runs to its end
        self.destroyed.connect(self._task.drop)
        self._task.start()

    def _on_preflight(self, found: Preflight) -> None:
        self.preflight, self._task = found, None
        self.changed.emit()

    def _on_fault(self, sentence: str) -> None:
        self.fault, self._task = sentence, None
        self.changed.emit()
