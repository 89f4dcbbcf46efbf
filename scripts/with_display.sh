#!/usr/bin/env bash
# Run a command with a display: the one at hand or, where there is none, a virtual one
# that lives as long as the command.
#
#   scripts/with_display.sh COMMAND [ARGUMENT...]
#
# Under a virtual display NAPARI_REWARD_ANALYSIS_VIRTUAL_DISPLAY=1 tells the command that
# nobody is looking.
set -uo pipefail

if [ $# -eq 0 ]; then
    echo "usage: with_display.sh COMMAND [ARGUMENT...]" >&2
    exit 2
fi

# macOS and Windows always have one. A DISPLAY left over from a dead session is none.
has_display() {
    [ "$(uname -s)" = Linux ] || return 0
    [ -n "${WAYLAND_DISPLAY:-}" ] && [ -S "${XDG_RUNTIME_DIR:-}/$WAYLAND_DISPLAY" ] && return 0
    [ -n "${DISPLAY:-}" ] || return 1
    local python
    python=$(command -v "$(dirname "${BASH_SOURCE[0]}")/../.venv/bin/python" python3 | head -n 1)
    [ -n "$python" ] || return 0
    "$python" - <<'PY'
import ctypes
import sys

try:
    xcb = ctypes.CDLL("libxcb.so.1")
except OSError:
    sys.exit(1)
xcb.xcb_connect.restype = ctypes.c_void_p
connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
sys.exit(xcb.xcb_connection_has_error(connection) != 0)
PY
}

if has_display; then
    exec "$@"
fi

if ! command -v Xvfb >/dev/null; then
    echo "with_display: no display and no Xvfb: install the package xvfb" >&2
    exit 1
fi

scratch=$(mktemp -d) || exit 1
server=
# shellcheck disable=SC2329  # called by the trap
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        wait "$server" 2>/dev/null
    fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# In a session of its own the server outlives Ctrl-C, so that the command can end in good
# order; should this script be killed outright, the kernel ends the server.
launch=(setsid)
if setpriv --pdeathsig TERM true 2>/dev/null; then
    launch+=(setpriv --pdeathsig TERM)
fi
# The server picks a free number itself and writes it when it is ready.
mkfifo "$scratch/number"
"${launch[@]}" Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp -noreset \
    3>"$scratch/number" >"$scratch/log" 2>&1 </dev/null &
server=$!
if ! read -r -t 60 number <"$scratch/number"; then
    echo "with_display: Xvfb did not start:" >&2
    cat "$scratch/log" >&2
    exit 1
fi

mkdir -m 700 "$scratch/runtime"
unset WAYLAND_DISPLAY XAUTHORITY
export DISPLAY=":$number"
export LIBGL_ALWAYS_SOFTWARE=1
export NAPARI_REWARD_ANALYSIS_VIRTUAL_DISPLAY=1
export QT_QPA_PLATFORM=xcb
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$scratch/runtime}
"$@"
exit $?
