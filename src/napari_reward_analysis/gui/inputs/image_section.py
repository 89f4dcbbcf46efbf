"""Section 1 of the forms: the image, its pixel size, and the analysed region."""

from __future__ import annotations

import weakref
from typing import Any

from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QTimer, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.preflight_panel import PreflightPanel
from napari_reward_analysis.gui.layers.drawn_region import AREAS, is_region, region_mask
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.layers.result_layers import RESULT
from napari_reward_analysis.gui.layers.shown_image import ShownImage, shown_image_of
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.fields import NumberField, form_layout, row

#: Time in ms without a change, after which a drawn region is read again.
_SETTLE = 150


def _may_be_image(layer: Layer) -> bool:
    """Whether a layer may be analysed. A map made by an analysis may not."""
    return isinstance(layer, ImageLayer) and RESULT not in layer.metadata


class ImageSection(QWidget):
    """Image, pixel size and region, and the lattice as seen in the image.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are offered.

    Signals
    -------
    image_changed
        Another layer, or another frame of a stack, was chosen.
    changed
        The image or a setting was changed.
    show_asked
        The user wants to see the crystal that was found.
    """

    image_changed = Signal()
    changed = Signal()
    show_asked = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self._bindings, self._layer_bindings = Bindings(self), Bindings(self)
        self._region_bindings = Bindings(self)
        self._typed: weakref.WeakKeyDictionary[Layer, float] = weakref.WeakKeyDictionary()
        self.frame: ShownImage | None = None
        self.region: BoolArray | None = None
        #: Counters of changes to the pixels and to the region, which may change in place.
        self.data_version, self.region_version = 0, 0
        self._fault, self._region_fault = "", ""
        self._build()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self._read_region)
        self.image.layer_changed.connect(self._on_layer)
        self.regions.layer_changed.connect(self._on_region_layer)
        self.pixel_size.value_changed.connect(self._on_typed)

    def _build(self) -> None:
        self.image = LayerCombo(self._viewer, _may_be_image, follow_active=True)
        self.image.setAccessibleName("Image")
        self.pixel_size = NumberField("Pixel size")
        self.pixel_size.setToolTip(
            "Edge of a pixel in angstrom. Leave it empty to use that of the layer."
        )
        self.note = ElidedLabel(small=True)
        self.note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field_size = QLabel()
        self.regions = LayerCombo(self._viewer, is_region, nothing=tuple(AREAS.values()))
        self.regions.setAccessibleName("Region")
        self.regions.setToolTip(
            "Area in which columns are expected: the crystal as seen in the image, the whole\n"
            "field, or a region drawn in a Shapes or Labels layer"
        )
        self.show_region = QPushButton("Show")
        self.show_region.setToolTip("Show the crystal as a layer that you can edit")
        self.show_region.setEnabled(False)
        self.show_region.clicked.connect(lambda: self.show_asked.emit())
        self.preflight = PreflightPanel()
        layout = form_layout(self)
        layout.addRow("Image", self.image)
        layout.addRow("Pixel size", row(self.pixel_size, "Å", self.note, stretch=2))
        layout.addRow("Field", self.field_size)
        layout.addRow("Region", row(self.regions, self.show_region, stretch=0))
        layout.addRow("Measured", self.preflight)

    def leave_out_preflight(self) -> None:
        """Hide what is measured, and take the whole field: for forms that measure nothing."""
        layout: Any = self.layout()
        layout.labelForField(self.preflight).hide()
        self.preflight.hide()
        self.show_region.hide()
        self.set_area("field")

    def bind(self) -> None:
        """Follow the viewer from now on."""
        dims = self._viewer.dims.events
        for emitter in (dims.current_step, dims.order, dims.ndisplay):
            self._bindings.connect(emitter, self._on_dims)
        self.image.bind()
        self.regions.bind()
        self._on_layer()

    def unbind(self) -> None:
        """Let go of viewer and layers."""
        self._settle.stop()
        for bindings in (self._bindings, self._layer_bindings, self._region_bindings):
            bindings.release()
        self.image.unbind()
        self.regions.unbind()

    @property
    def typed_pixel_size(self) -> float | None:
        """The typed pixel size in angstrom."""
        return self.pixel_size.value()

    @property
    def effective_pixel_size(self) -> float | None:
        """The typed pixel size or else that of the layer, in angstrom."""
        return self.typed_pixel_size or (self.frame.pixel_size if self.frame else None)

    @property
    def area(self) -> AreaRule:
        """Area in which columns are expected while no region is drawn."""
        return "field" if self.regions.entry == AREAS["field"] else "crystal"

    def set_area(self, area: AreaRule) -> None:
        """Choose the area, unless a drawn region is chosen."""
        if self.regions.layer is None:
            self.regions.choose(AREAS[area])

    def fault(self) -> str:
        """What is wrong with image, scale or region; empty if nothing is."""
        if self.image.layer is None:
            return "Open an image: drop a file on the window, or choose File > Open Sample."
        if self._fault or self.pixel_size.fault():
            return self._fault or self.pixel_size.fault()
        if self.frame is not None and self.frame.fault and self.typed_pixel_size is None:
            return self.frame.fault
        return self._region_fault

    def summary(self) -> str:
        """The section in one line."""
        if self.frame is None:
            return "no image"
        size = self.effective_pixel_size
        scale = "no pixel size" if size is None else f"{size:.4g} Å/px"
        region = "" if self.regions.layer is None else f", {self.regions.layer.name}"
        return f"{self.frame.name}, {scale}{region}"

    def set_pixel_size(self, value: float | None) -> None:
        """Type a pixel size in angstrom. None and that of the layer leave the field empty."""
        own = self.frame.pixel_size if self.frame else None
        self.pixel_size.set_value(None if value == own else value)
        self._on_typed()

    # ---- changes of viewer and layers

    def _on_layer(self) -> None:
        self._layer_bindings.release()
        layer = self.image.layer
        if layer is not None:
            events = layer.events
            for emitter in (events.scale, events.units, events.affine, events.name):
                self._layer_bindings.connect(emitter, self._on_layer_event)
            self._layer_bindings.connect(events.data, self._on_pixels)
        self.pixel_size.set_value(None if layer is None else self._typed.get(layer))
        self._read_frame()
        self._read_region(tell=False)
        self.image_changed.emit()
        self.changed.emit()

    def _on_layer_event(self, _event: Any = None) -> None:
        self._read_frame()
        self.changed.emit()

    def _on_pixels(self, _event: Any = None) -> None:
        self.data_version += 1
        self._on_layer_event()

    def _on_dims(self, _event: Any = None) -> None:
        layer = self.image.layer
        if layer is None or self._viewer.dims.ndim == 2:
            return
        before = self.frame and self.frame.place
        self._read_frame()
        if (self.frame and self.frame.place) != before:
            self._settle.start()
            self.image_changed.emit()
            self.changed.emit()

    def _on_typed(self) -> None:
        layer, size = self.image.layer, self.pixel_size.value()
        if layer is not None:
            if size is None:
                self._typed.pop(layer, None)
            else:
                self._typed[layer] = size
        self._show_scale()
        self.changed.emit()

    def _on_region_layer(self) -> None:
        self._region_bindings.release()
        layer = self.regions.layer
        if layer is not None:
            # labels report a change by `set_data` or `paint`, shapes by `data`
            for name in ("data", "set_data", "paint", "scale", "translate"):
                if name in layer.events:
                    self._region_bindings.connect(layer.events[name], self._on_region_event)
        self._read_region()

    def _on_region_event(self, _event: Any = None) -> None:
        self._settle.start()

    # ---- reading

    def _read_frame(self) -> None:
        layer = self.image.layer
        self.frame, self._fault = None, ""
        if layer is not None:
            try:
                self.frame = shown_image_of(layer, self._viewer)
            except BadInput as error:
                self._fault = str(error)
        self._show_scale()

    def _read_region(self, *, tell: bool = True) -> None:
        self.region, self._region_fault = None, ""
        self.region_version += 1
        layer = self.regions.layer
        if layer is not None and self.frame is not None:
            try:
                self.region = region_mask(layer, self.frame, self._viewer)
            except BadInput as error:
                self._region_fault = str(error)
        if tell:
            self.changed.emit()

    def _show_scale(self) -> None:
        frame = self.frame
        if frame is None:
            self.pixel_size.set_default(None)
            self.note.setText("")
            self.field_size.setText("–")
            return
        self.pixel_size.set_default(frame.pixel_size, missing="not known")
        typed = self.typed_pixel_size is not None
        self.note.setText("typed" if typed else frame.note)
        height, width = frame.shape
        text = f"{width} × {height} px"
        if (size := self.effective_pixel_size) is not None:
            text += f", {width * size:.4g} × {height * size:.4g} Å"
        self.field_size.setText(text)
