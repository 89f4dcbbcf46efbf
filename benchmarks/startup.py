"""Measure the time to import the package and to show `--help`.

    python benchmarks/startup.py [--repeats 9]

Each call runs in a separate process. The calls are measured in turn, and the median of the
repeats is printed. Other programs disturb all calls alike, so the ratio to `import numpy` can
be compared between machines.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

CALLS = {
    "an empty script": ["-c", ""],
    "import numpy": ["-c", "import numpy"],
    "import napari_reward_analysis": ["-c", "import napari_reward_analysis"],
    "napari-reward-analysis --help": ["-m", "napari_reward_analysis.cli", "--help"],
    "napari-reward-analysis atoms --help": ["-m", "napari_reward_analysis.cli", "atoms", "--help"],
    "all names of the package": ["-c", "from napari_reward_analysis import *"],
}


def main() -> None:
    """Print seconds, and the ratio to numpy, of each call."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9, help="Processes of each. (default: 9)")
    seconds = measure(parser.parse_args().repeats)
    numpy = seconds["import numpy"]
    print(f"{'':38s}{'seconds':>9s}{'ratio':>8s}")
    for name, value in seconds.items():
        print(f"{name:38s}{value:9.3f}{value / numpy:8.2f}")


def measure(repeats: int) -> dict[str, float]:
    """Return the median seconds of each call. The calls are measured in turn."""
    found: dict[str, list[float]] = {name: [] for name in CALLS}
    for _ in range(repeats + 1):
        for name, arguments in CALLS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            found[name].append(time.perf_counter() - start)
    # the first round fills the disk cache and writes bytecode
    return {name: statistics.median(values[1:]) for name, values in found.items()}


if __name__ == "__main__":
    main()
