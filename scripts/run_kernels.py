"""Run the tests marked `numeric` under every kernel of OpenBLAS that this processor can run.

OpenBLAS chooses a kernel for the processor and splits the work over threads. Both change the
last digits of a product. A result must not depend on them.

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
#: Kernels and the processor features that each needs.
KERNELS = {
    "SkylakeX": {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"},
    "Haswell": {"avx2", "fma"},
    "Zen": {"avx2", "fma"},
    "Sandybridge": {"avx"},
}
THREADS = (1, 2)
#: Number of simultaneous runs.
_WORKERS = 2
#: Prints the kernels of all loaded copies of OpenBLAS. numpy and scipy have one each.
_ASK = """
import json
import numpy, scipy.linalg
from threadpoolctl import threadpool_info
blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
print(json.dumps([[pool.get("architecture", ""), pool["num_threads"]] for pool in blas]))
"""


def environment(kernel: str, threads: int) -> dict[str, str]:
    """Return the environment variables for the kernel and the number of threads."""
    return os.environ | {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": str(threads)}


def missing_abilities(kernel: str) -> set[str]:
    """Return the features that the kernel needs and this processor is known to lack."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return KERNELS[kernel] - set(flags.split())


def reason_to_skip(kernel: str) -> str:
    """Return the reason to skip a kernel, as the end of a sentence; empty if it is run."""
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
    """Print a line for each skipped kernel; return the kernels and thread numbers to run."""
    for kernel in KERNELS:
        reason = reason_to_skip(kernel)
        if reason:
            print(f"{kernel}: skipped, {reason}.", flush=True)
            continue
        yield from ((kernel, threads) for threads in THREADS)


def run_tests(kernel: str, threads: int, arguments: list[str]) -> bool:
    """Run the tests under one kernel, and print the result."""
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
                *("--ignore=tests/gui", "--ignore=tests/cli"),  # prevents the import of Qt
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
    """Run all kernels. The exit status is the worst of all runs."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        passed = list(pool.map(lambda one: run_tests(*one, sys.argv[1:]), list(runs())))
    if not passed:
        print("No kernel can be chosen on this machine: nothing was run.")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
