#!/usr/bin/env bash
# Make sure that the system libraries are there which Qt, OpenGL in software and the
# virtual display need. On Debian and its kin, as root, what is missing is installed;
# elsewhere it is named, and nothing is changed.
set -euo pipefail

packages=(
    xvfb libgl1-mesa-dri libgl1 libegl1 libopengl0    # a screen and OpenGL without either
    libglib2.0-0 libdbus-1-3 libxkbcommon-x11-0       # what Qt's xcb plugin links to
    libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
    libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1
    libfontconfig1 fonts-dejavu-core                  # letters
)
packages+=("$@")    # further ones, e.g. python3-venv

[ "$(uname -s)" = Linux ] || exit 0
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "setup: not a Debian-like system; if Qt does not start, install what these Debian" \
        "packages hold: ${packages[*]}" >&2
    exit 0
fi

# Installed names, and the names that installed packages stand in for
# (libglib2.0-0 is libglib2.0-0t64 on newer systems).
# shellcheck disable=SC2016  # dpkg-query's own variables
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package} ${Provides}\n' |
    sed -n 's/^installed //p' | sed 's/([^)]*)//g; s/,/ /g' | tr -s ' ' '\n' | sort -u)
missing=()
for package in "${packages[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "setup: system packages that windows and tests may need are missing; install them with:" >&2
    echo "    sudo apt-get install ${missing[*]}" >&2
    exit 0
fi

echo "setup: installing system packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# One unreachable third-party source must not stop us: the install below tells what counts.
apt-get update -qq || echo "setup: apt-get update had errors; going on" >&2
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "${missing[@]}" </dev/null >/dev/null
