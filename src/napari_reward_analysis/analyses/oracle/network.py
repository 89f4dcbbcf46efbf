"""A network in an ONNX file: one grey image in, a map of columns out.

The model of this package says in its metadata which pixel size it knows and how grey
values are scaled for it. Any other that takes one grey image (N, 1, H, W) serves as it
is: it sees the image at its own pixel size, scaled to 0 to 1.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.errors import BadInput

#: The model that comes with the package.
SHIPPED = Path(__file__).parent / "weights" / "oracle.onnx"

_MISSING = (
    "The oracle's network needs onnxruntime, which is missing: "
    'pip install "napari-reward-analysis[oracle]".'
)


@dataclass(frozen=True, eq=False)
class Model:
    """A network that is ready to be asked.

    Attributes
    ----------
    name : str
        What to call it.
    session : onnxruntime.InferenceSession
        Runs it.
    record : dict
        What its metadata say; empty for a model of other making.
    """

    name: str
    session: Any
    record: dict[str, Any]

    @property
    def pixel_size(self) -> float | None:
        """Pixel size in angstrom that it was trained for; None where it says nothing."""
        value = self.record.get("pixel_size_A")
        return None if value is None else float(value)

    @property
    def known_sizes(self) -> tuple[float, float]:
        """Pixel sizes in angstrom that it was trained on, smallest and largest."""
        low, high = self.record["ranges"]["pixel_size"]
        return float(low), float(high)

    def run(self, pixels: Float32Array) -> Float32Array:
        """Output of the network for one image.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            Scaled as the network expects.

        Returns
        -------
        ndarray, shape (channels, H, W)

        Raises
        ------
        BadInput
            If the network cannot take it, or gives something of another size.
        """
        feed = {self.session.get_inputs()[0].name: pixels[None, None].astype(np.float32)}
        try:
            output = np.asarray(self.session.run(None, feed)[0])
        # a model of other making may raise anything at all
        except Exception as error:
            raise BadInput(
                f"{self.name} fails on a tile of {pixels.shape[0]} x {pixels.shape[1]} px: "
                "choose a model whose height and width are free."
            ) from error
        if output.ndim != 4 or output.shape[0] != 1 or output.shape[2:] != pixels.shape:
            raise BadInput(
                f"{self.name} makes an output of shape {output.shape} from an image of "
                f"{pixels.shape[0]} x {pixels.shape[1]} px: choose a model that gives maps of "
                "the image's own size (N, channels, H, W)."
            )
        return np.asarray(output[0], np.float32)


def load_model(path: Path | None = None, threads: int = 0) -> Model:
    """Open a model.

    Parameters
    ----------
    path : Path, optional
        An ONNX file; the package's own model without it.
    threads : int
        Threads to compute with; 0 leaves it to the runtime.

    Returns
    -------
    Model

    Raises
    ------
    BadInput
        If the runtime or the file is missing, the file is no model, or its input is not
        one grey image.
    """
    file = path or SHIPPED
    runtime = _runtime()
    if not file.is_file():
        raise BadInput(f"There is no file {file}: check the name of the model.")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what is wrong is said once, below
    try:
        session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    # the runtime has an exception of its own for each kind of damage
    except Exception as error:
        raise BadInput(f"{file.name} is not a model in ONNX format, or is damaged.") from error
    _check_ends(session, file.name)
    record = session.get_modelmeta().custom_metadata_map
    return Model(file.name, session, _record(record))


def runtime_fault() -> str:
    """What to install where nothing can run a network; empty where all is there.

    Nothing is imported for it, which would take a while.
    """
    return "" if importlib.util.find_spec("onnxruntime") else _MISSING


def _runtime() -> Any:
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise BadInput(_MISSING) from error


def _check_ends(session: Any, name: str) -> None:
    """Refuse a model whose input or output cannot be an image's."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    shape = inputs[0].shape if len(inputs) == 1 else None
    # names stand for sizes that are free
    if shape is None or len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 1):
        raise BadInput(
            f"{name} takes {[end.shape for end in inputs]} where one grey image (N, 1, H, W) is "
            "needed: choose another model."
        )
    if inputs[0].type != "tensor(float)":
        raise BadInput(f"{name} takes {inputs[0].type}, not float32: choose another model.")
    if outputs[0].shape is not None and len(outputs[0].shape) not in (0, 4):
        raise BadInput(
            f"{name} gives {outputs[0].shape} where maps (N, channels, H, W) are needed: "
            "choose a model for segmentation."
        )


def _record(metadata: dict[str, str]) -> dict[str, Any]:
    """The metadata of a model of this package; of others nothing is taken."""
    if "pixel_size_A" not in metadata or "scaling" not in metadata:
        return {}
    try:
        return {key: json.loads(value) for key, value in metadata.items()}
    except ValueError:
        return {}
