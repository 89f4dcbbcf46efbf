#!/usr/bin/env bash
# Every check that needs no test run: style, types, direction of imports, manifest.
# All of them run, so that one call tells all that is wrong.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
bin=.venv/bin
failed=()

check() {
    echo "== $*"
    "$bin/$1" "${@:2}" || failed+=("$1 ${2:-}")
}

check ruff check
check ruff format --check
check mypy
check lint-imports --no-cache
check npe2 validate napari_reward_analysis --imports

if [ ${#failed[@]} -gt 0 ]; then
    printf 'lint: failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "lint: all passed"
