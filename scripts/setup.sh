#!/usr/bin/env bash
# Set up everything that the project needs: system libraries and a virtual environment in
# .venv with the project (editable), its extras and the development tools.
# A second call finds the stamp of the first and does nothing.
#
#   PYTHON=/path/to/python scripts/setup.sh    choose the interpreter
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
stamp=.venv/.setup-stamp

fail() {
    echo "setup: $*" >&2
    exit 1
}

# An interpreter counts only if it runs: version managers leave names that do not.
runs() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

choose_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        runs "$PYTHON" || fail "PYTHON=$PYTHON does not run, or is older than Python 3.11."
        echo "$PYTHON"
        return
    fi
    for candidate in python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
        if runs "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found; install one, or name one: make ... PYTHON=/path/to/python"
}

# Changes with the dependencies, with this script and with the folder's own path
# (the scripts inside a virtual environment hold it).
wanted_stamp() {
    echo "$root"
    cat pyproject.toml scripts/setup.sh | cksum
}

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

# An environment of another folder or of another Python than the one asked for is made anew.
usable_venv() {
    runs .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 || return 1
    [ ! -f "$stamp" ] || [ "$(head -n 1 "$stamp")" = "$root" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version_of .venv/bin/python)" = "$(version_of "$PYTHON")" ]
}

if usable_venv && [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted_stamp)" ]; then
    exec bash scripts/system_packages.sh
fi

further=
if usable_venv; then
    python=
else
    python=$(choose_python)
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        # Debian keeps these two apart from its interpreter.
        further="python$(version_of "$python")-venv"
    fi
fi
# shellcheck disable=SC2086  # no word or one
bash scripts/system_packages.sh $further

if [ -n "$python" ]; then
    echo "setup: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv ||
        fail "$python cannot make a virtual environment; on Debian, install ${further:-python3-venv}."
fi

quiet=
[ -t 1 ] || quiet=--quiet
echo "setup: installing the project and its dependencies into .venv (minutes, the first time)"
rm -f "$stamp"
# Dependency groups need a pip of 2025.
.venv/bin/python -m pip install $quiet --upgrade "pip>=25.1"
.venv/bin/python -m pip install $quiet --editable ".[all,hyperspy]" --group dev
wanted_stamp >"$stamp"
echo "setup: done"
