"""Train the network of this package, and export it to ONNX.

    make oracle ARGS="--minutes 15"

The script is for developers. Only this script needs PyTorch. `oracle_images.py` simulates all
images. The file contains a record (seed, ranges, loss); oracle.json holds the same record.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from oracle_images import Ranges, clean_image, exposed
from torch import nn
from torch.nn import functional

from napari_reward_analysis.analyses.oracle.grey_scale import BACKGROUND_SIGMA, flattened

MODELS = (
    Path(__file__).parents[1] / "src" / "napari_reward_analysis" / "analyses" / "oracle" / "weights"
)
#: Pixel size of the network's input in angstrom. Images are resampled to it.
WORKING_SIZE = 0.2
CHANNELS = (16, 32, 64, 64)


class Block(nn.Sequential):
    """Two normalised convolutions of 3 x 3."""

    def __init__(self, inner: int, outer: int) -> None:
        layers: list[nn.Module] = []
        for first in (inner, outer):
            convolution = nn.Conv2d(first, outer, 3, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(outer), nn.ReLU()]
        super().__init__(*layers)


class UNet(nn.Module):
    """A U-Net with three halvings, from a grey image to the logits of a heat map."""

    def __init__(self, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            Block(a, b) for a, b in zip((1, *channels[:-1]), channels, strict=True)
        )
        self.up = nn.ModuleList(
            Block(channels[i] + channels[i + 1], channels[i])
            for i in reversed(range(len(channels) - 1))
        )
        self.head = nn.Conv2d(channels[0], 1, 1)
        # columns cover a small part of the image: start near their share
        nn.init.constant_(self.head.bias, -2.0)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Map (N, 1, H, W) to (N, 1, H, W). H and W are multiples of 8."""
        kept = []
        for level, block in enumerate(self.down):
            image = block(image if level == 0 else functional.max_pool2d(image, 2))
            kept.append(image)
        for block, beside in zip(self.up, reversed(kept[:-1]), strict=True):
            image = functional.interpolate(image, scale_factor=2.0, mode="nearest")
            image = block(torch.cat([image, beside], dim=1))
        return self.head(image)


class WithProbability(nn.Module):
    """The exported network, which returns probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Map (N, 1, H, W) to probabilities, (N, 1, H, W)."""
        return torch.sigmoid(self.network(image))


def main() -> None:
    """Train for the given minutes, and write model and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--images", type=int, default=700)
    parser.add_argument("--side", type=int, default=192, help="of an image, in px")
    parser.add_argument("--patch", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=MODELS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng, ranges = np.random.default_rng(options.seed), Ranges()
    pool = [clean_image(ranges, options.side, rng) for _ in range(options.images)]
    print(f"{len(pool)} images", flush=True)
    network = UNet()
    steps, loss = train(network, pool, ranges, options, rng)
    record = {
        "what": "U-Net, heat map of atomic columns",
        "pixel_size_A": WORKING_SIZE,
        "scaling": "flattened",
        "background_sigma_px": BACKGROUND_SIGMA,
        "parameters": sum(p.numel() for p in network.parameters()),
        "channels": CHANNELS,
        "seed": options.seed,
        "images": options.images,
        "side": options.side,
        "patch": options.patch,
        "batch": options.batch,
        "steps": steps,
        "minutes": options.minutes,
        "loss": round(loss, 5),
        "torch": torch.__version__,
        "ranges": ranges.as_dict(),
    }
    options.out.mkdir(parents=True, exist_ok=True)
    export(network, options.out / "oracle.onnx", record)
    (options.out / "oracle.json").write_text(json.dumps(record, indent=1) + "\n")


def train(network, pool, ranges, options, rng) -> tuple[int, float]:
    """Train until the time is over. Return the steps and the mean loss of the last 100."""
    adam = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-4)
    start, limit, losses = time.monotonic(), 60 * options.minutes, []
    network.train()
    while (part := (time.monotonic() - start) / limit) < 1:
        # the learning rate rises in the first twentieth, then falls to zero as a cosine
        rate = min(part / 0.05, 0.5 * (1 + math.cos(math.pi * part)))
        adam.param_groups[0]["lr"] = 4e-3 * max(rate, 1e-3)
        pictures, heat = batch(pool, ranges, options, rng)
        logits = network(pictures)
        loss = functional.binary_cross_entropy_with_logits(
            logits, heat, pos_weight=torch.tensor(2.0)
        )
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        losses.append(loss.item())
        if len(losses) % 50 == 0:
            minutes = (time.monotonic() - start) / 60
            mean = np.mean(losses[-50:])
            print(f"{minutes:5.1f} min, step {len(losses)}, loss {mean:.4f}", flush=True)
    return len(losses), float(np.mean(losses[-100:]))


def batch(pool, ranges, options, rng) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rotated and mirrored patches with new noise, and their heat maps."""
    pictures, heats = [], []
    for _ in range(options.batch):
        pixels, heat = pool[rng.integers(len(pool))]
        top, left = rng.integers(0, options.side - options.patch + 1, 2)
        part = np.s_[top : top + options.patch, left : left + options.patch]
        turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
        seen = flattened(exposed(pixels, ranges, rng))[part] * rng.uniform(0.75, 1.33)
        pair = [np.rot90(a, turns) for a in (seen, heat[part])]
        pair = [a[:, ::-1] if mirrored else a for a in pair]
        pictures.append(np.ascontiguousarray(pair[0], np.float32))
        heats.append(np.ascontiguousarray(pair[1], np.float32))
    return torch.from_numpy(np.stack(pictures)[:, None]), torch.from_numpy(np.stack(heats)[:, None])


def export(network: nn.Module, path: Path, record: dict) -> None:
    """Export the network with its record. Height and width remain variable."""
    whole = WithProbability(network).eval()
    torch.onnx.export(
        whole,
        (torch.zeros(1, 1, 64, 64),),
        str(path),
        input_names=["image"],
        output_names=["columns"],
        dynamic_axes={
            "image": {0: "n", 2: "height", 3: "width"},
            "columns": {0: "n", 2: "height", 3: "width"},
        },
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in record.items()})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
