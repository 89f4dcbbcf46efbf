"""Make small ONNX files field by field, as other programs could write them."""

from __future__ import annotations

from pathlib import Path

import pytest


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    content = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(content)) + content


def _tensor(name: str, shape: tuple[int | str, ...]) -> bytes:
    sizes = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, sizes)))


def _node(kind: str, inputs: tuple[str, ...], output: str) -> bytes:
    node = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind)
    # Concat: along the channels
    axis = _field(1, "axis") + _field(3, 1) + _field(20, 2)
    return node + (_field(5, axis) if kind == "Concat" else b"")


def onnx_bytes(nodes, shape=("n", 1, "h", "w"), channels: int = 1) -> bytes:
    graph = b"".join(_field(1, _node(*node)) for node in nodes) + _field(2, "g")
    graph += _field(11, _tensor("image", shape))
    graph += _field(12, _tensor("out", ("n", channels, "a", "b")))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 17))


@pytest.fixture
def model_file(tmp_path: Path):
    """A function that writes a model and gives its path."""

    def write(nodes, **more) -> Path:
        path = tmp_path / "other.onnx"
        path.write_bytes(onnx_bytes(nodes, **more))
        return path

    return write
