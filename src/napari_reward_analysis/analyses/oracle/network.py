"""Load and run a network in an ONNX file that converts a grey image to a map of columns.

The metadata of the model of this package contain its pixel size and the scaling of grey
values. Any other model with one grey image (N, 1, H, W) as its input works too. It receives
the image at its original pixel size, scaled to 0 to 1.
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
    """A network that is ready to run.

    Attributes
    ----------
    name : str
        Name of the network.
    session : onnxruntime.InferenceSession
        Session that runs the network.
    record : dict
        Metadata of a model of this package; empty for other models.
    """

    name: str
    session: Any
    record: dict[str, Any]

    @property
    def pixel_size(self) -> float | None:
        """Pixel size in angstrom for which the model was trained, or None if unknown."""
        value = self.record.get("pixel_size_A")
        return None if value is None else float(value)

    @property
    def known_sizes(self) -> tuple[float, float]:
        """Smallest and largest pixel size of the training images, in angstrom."""
        low, high = self.record["ranges"]["pixel_size"]
        return float(low), float(high)

    def run(self, pixels: Float32Array) -> Float32Array:
        """Run the network on one image.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            Pixels with the scaling that the network expects.

        Returns
        -------
        ndarray, shape (channels, H, W)
            Output of the network.

        Raises
        ------
        BadInput
            If the network fails on the image, or its output has another size.
        """
        feed = {self.session.get_inputs()[0].name: pixels[None, None].astype(np.float32)}
        try:
            output = np.asarray(self.session.run(None, feed)[0])
        # A model from another source can raise any exception.
        except Exception as error:
            raise BadInput(
                f"{self.name} fails on a tile of {pixels.shape[0]} x {pixels.shape[1]} px: "
                "choose a model whose height and width are free."
            ) from error
        if output.ndim != 4 or output.shape[0] != 1 or output.shape[2:] != pixels.shape:
            raise BadInput(
                f"{self.name} makes an output of shape {output.shape} from an image of "
                f"{pixels.shape[0]} x {pixels.shape[1]} px: choose a model whose maps have the "
                "size of the image (N, channels, H, W)."
            )
        return np.asarray(output[0], np.float32)


def load_model(path: Path | None = None, threads: int = 0) -> Model:
    """Load a model.

    Parameters
    ----------
    path : Path, optional
        An ONNX file. The default is the model of the package.
    threads : int
        Number of threads, or 0 for the default of the runtime.

    Returns
    -------
    Model
        The loaded model.

    Raises
    ------
    BadInput
        If the runtime or the file is missing, the file is not a model, or its input is not
        one grey image.
    """
    file = path or SHIPPED
    runtime = _runtime()
    if not file.is_file():
        raise BadInput(f"There is no file {file}: check the name of the model.")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # errors are reported below
    try:
        session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    # The runtime raises different exceptions for different kinds of damage.
    except Exception as error:
        raise BadInput(f"{file.name} is not a model in ONNX format, or is damaged.") from error
    _check_ends(session, file.name)
    record = session.get_modelmeta().custom_metadata_map
    return Model(file.name, session, _record(record))


def runtime_fault() -> str:
    """Return a message with the package to install, or nothing if networks can run.

    It does not import the runtime, because the import is slow.
    """
    return "" if importlib.util.find_spec("onnxruntime") else _MISSING


def _runtime() -> Any:
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise BadInput(_MISSING) from error


def _check_ends(session: Any, name: str) -> None:
    """Reject a model if its input or its output is not an image."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    shape = inputs[0].shape if len(inputs) == 1 else None
    # Free sizes are names and not numbers.
    if shape is None or len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 1):
        raise BadInput(
            f"{name} takes inputs of shape {[end.shape for end in inputs]} instead of one grey "
            "image (N, 1, H, W): choose another model."
        )
    if inputs[0].type != "tensor(float)":
        raise BadInput(f"{name} takes {inputs[0].type}, not float32: choose another model.")
    if outputs[0].shape is not None and len(outputs[0].shape) not in (0, 4):
        raise BadInput(
            f"{name} makes an output of shape {outputs[0].shape} instead of maps "
            "(N, channels, H, W): choose a model for segmentation."
        )


def _record(metadata: dict[str, str]) -> dict[str, Any]:
    """Return the metadata of a model of this package, or nothing for other models."""
    if "pixel_size_A" not in metadata or "scaling" not in metadata:
        return {}
    try:
        return {key: json.loads(value) for key, value in metadata.items()}
    except ValueError:
        return {}
