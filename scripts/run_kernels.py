"""Run the tests marked `numeric` under every kernel of OpenBLAS that this processor can run.

OpenBLAS chooses a kernel by the processor and splits the work over threads; both change
the last digits of a product. A result must not depend on them.

    scripts/run_kernels.py [ARGUMENT FOR PYTEST...]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Kernels and the processor's abilities that each needs.
KERNELS = {
    "SkylakeX": {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"},
    "Haswell": {"avx2", "fma"},
    "Zen": {"avx2", "fma"},
    "Sandybridge": {"avx"},
}
THREADS = (1, 2)
#: Runs at the same time.
_WORKERS = 2
#: Kernels of all copies of OpenBLAS that the program loads: numpy and scipy have one each.
_ASK = """
import json
import numpy, scipy.linalg
from threadpoolctl import threadpool_info
blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
print(json.dumps([[pool.get("architecture", ""), pool["num_threads"]] for pool in blas]))
"""


def environment(kernel: str, threads: int) -> dict[str, str]:
    """What tells OpenBLAS the kernel and the number of threads."""
    return os.environ | {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": str(threads)}


def missing_abilities(kernel: str) -> set[str]:
    """Abilities that the kernel needs and this processor lacks, as far as it tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return KERNELS[kernel] - set(flags.split())


def reason_to_skip(kernel: str) -> str:
    """Why the kernel is not run here, as the end of a sentence; empty where it is."""
    missing = missing_abilities(kernel)
    if missing:
        return f"this processor has no {', '.join(sorted(missing))}"
    for threads in THREADS:
        done = subprocess.run(
            [sys.executable, "-c", _ASK],
            env=environment(kernel, threads),
            capture_output=True,
            text=True,
            check=True,
        )
        pools = json.loads(done.stdout)
        others = sorted({name or "another library" for name, _ in pools if name != kernel})
        if others or not pools:
            return f"linear algebra uses {' and '.join(others) or 'no OpenBLAS'} instead"
        if any(count != threads for _, count in pools):
            return f"OpenBLAS does not use {threads} threads"
    return ""


def runs() -> Iterator[tuple[str, int]]:
    """Kernels and numbers of threads to run, after a word on each kernel that is left out."""
    for kernel in KERNELS:
        reason = reason_to_skip(kernel)
        if reason:
            print(f"{kernel}: skipped, {reason}.", flush=True)
            continue
        yield from ((kernel, threads) for threads in THREADS)


def run_tests(kernel: str, threads: int, arguments: list[str]) -> bool:
    """Run the tests under one kernel, and print what they say."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pytest",
                    "-q",
                    "--tb=short",
                    "-m",
                    "numeric",
                    "-p",
                    "no:cacheprovider",
                ),
                *("--ignore=tests/gui", "--ignore=tests/cli"),  # so that Qt is not imported
                f"--basetemp={folder}/tests",
                *arguments,
            ],
            cwd=ROOT,
            env=environment(kernel, threads),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    words = "passed" if done.returncode == 0 else "FAILED"
    shown = done.stdout.strip().splitlines()
    shown = shown[-1:] if done.returncode == 0 else shown
    print(f"{kernel}, threads {threads}: {words}", *shown, sep="\n    ", flush=True)
    return done.returncode == 0


def main() -> int:
    """Run all; the status is that of the worst."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        passed = list(pool.map(lambda one: run_tests(*one, sys.argv[1:]), list(runs())))
    if not passed:
        print("No kernel could be chosen here: nothing was run.")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
