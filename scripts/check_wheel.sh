#!/usr/bin/env bash
# Build the sdist and, from it, the wheel; then use the wheel as a stranger would: in a fresh
# environment, without the source tree and without a Qt binding.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

rm -rf dist
.venv/bin/python -m build --outdir dist . >"$scratch/build.log" 2>&1 || {
    cat "$scratch/build.log" >&2
    exit 1
}
wheels=(dist/*.whl)
[ ${#wheels[@]} -eq 1 ] || { echo "wheel: expected one wheel, found ${wheels[*]}" >&2; exit 1; }
wheel=$root/${wheels[0]}
echo "wheel: built ${wheels[0]}"

.venv/bin/python -m venv "$scratch/venv"
python=$scratch/venv/bin/python
"$python" -m pip install --quiet "$wheel"

cd "$scratch"
"$python" -I "$root/scripts/check_installed.py" "$wheel"
"$python" -I -m npe2 validate napari_reward_analysis
"$scratch/venv/bin/napari-reward-analysis" --help >"$scratch/help.txt"
head -n 1 "$scratch/help.txt"
echo "wheel: works in a fresh environment"
