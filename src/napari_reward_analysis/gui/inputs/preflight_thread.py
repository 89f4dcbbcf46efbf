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
from napari_reward_analysis.calibration.preflight import Preflight, run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.image import Image

#: ms without a change before the image is looked at.
_SETTLE = 200


class SharedPreflight:
    """One preflight, made by whichever thread needs it first.

    Parameters
    ----------
    frame : ShownImage
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
        """The preflight; made here, or waited for where another thread is making it.

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
                self._found = run_preflight(
                    image, self._lattice, region=self._region, area=self._area
                )
            return self._found

    def of(self, image: Image) -> Preflight | None:
        """The preflight if it is about these very pixels, else None."""
        found = self.result()
        same = found.image.pixel_size == image.pixel_size
        return found if same and found.image.fingerprint == image.fingerprint else None

    @property
    def busy(self) -> bool:
        """Whether a thread is at it."""
        return self._lock.locked()


class PreflightWatch(QObject):
    """Keeps the preflight of what the form shows.

    Signals
    -------
    changed
        The preflight has come.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: tuple[Any, ...] | None = None
        self._task: BackgroundTask[Preflight] | None = None
        self._at_work: SharedPreflight | None = None
        #: What is being asked; None where there is nothing to ask.
        self.shared_preflight: SharedPreflight | None = None
        #: The answer; None as long as there is none.
        self.preflight: Preflight | None = None
        #: Why there is none.
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
        """Ask for a preflight, unless the same was asked last.

        Parameters
        ----------
        key : tuple or None
            Whatever the answer depends on.
        shared_preflight : SharedPreflight or None
            None where there is nothing to ask.
        """
        if key == self._key:
            return
        self.stop()
        self._key, self.shared_preflight = key, shared_preflight
        self.preflight, self.fault = None, ""
        if shared_preflight is not None:
            self._settle.start()

    def stop(self) -> None:
        """Take no more interest in an answer."""
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
            # one at a time: the answer that nobody waits for any more comes first
            self._settle.start()
            return
        self._at_work = asked
        self._task = BackgroundTask(asked.result, self._on_preflight, self._on_fault)
        # a window that is closed takes this along, but not what goes on in a thread
        self.destroyed.connect(self._task.drop)
        self._task.start()

    def _on_preflight(self, found: Preflight) -> None:
        self.preflight, self._task = found, None
        self.changed.emit()

    def _on_fault(self, sentence: str) -> None:
        self.fault, self._task = sentence, None
        self.changed.emit()
