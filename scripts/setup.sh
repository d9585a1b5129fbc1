#!/usr/bin/env bash
# Sets a checkout up: uv, dependencies (locked, with hashes), llama.cpp built for this processor, sound, models.
#
#   scripts/setup.sh run     what `make chat` needs
#   scripts/setup.sh test    what `make test` needs besides
#   scripts/setup.sh program voicecli as a program of its own, outside the checkout, with the same locked dependencies
#   scripts/setup.sh sound   only the system's sound libraries and a sound server for tests
#
# Every part is skipped when it is there already; a second run takes seconds. Downloads are cached outside the checkout (uv's cache,
# and voicecli's own for models). Nothing outside the checkout is changed but those caches, with `program` three places (below), and, as root or with a
# password-less sudo, the system packages named below; without such rights they are named for you to install.
set -euo pipefail
cd "$(dirname "$0")/.."
goal="${1:-run}"

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }
[ -t 2 ] || say() { printf '%s\n' "$*" >&2; }
die() { printf 'error: %s\nhint: %s\n' "$1" "$2" >&2; exit 1; }

# ---- system packages, where it may -------------------------------------------------------------------------------------------
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
may_install() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }
updated=""
system_packages() { # system_packages WHY PACKAGE…
    local why="$1"; shift
    if ! may_install; then
        say "$why: please install $* (for example: sudo apt-get install $*)"
        return 1
    fi
    say "$why: installing $*"
    if [ -z "$updated" ]; then as_root apt-get update -qq >/dev/null || true; updated=yes; fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || {
        say "$why: the installation failed; try it by hand: sudo apt-get install $*"; return 1; }
}
has_library() { # no pipe into grep -q: it ends as soon as it has found the name, and ldconfig would fail with a broken pipe
    local known; known="$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true)"
    [[ "$known" == *"$1"* ]] || [ -e "/usr/local/lib/$1" ] || [ "$(uname)" != Linux ]
}

sound() {
    has_library libportaudio.so.2 || system_packages "The sound library PortAudio is missing" libportaudio2 || true
    if [ "$goal" = test ] || [ "$goal" = sound ]; then
        command -v pulseaudio >/dev/null && command -v parec >/dev/null && ls /etc/alsa/conf.d/*pulse* >/dev/null 2>&1 ||
            system_packages "The tests need a sound server" pulseaudio pulseaudio-utils libasound2-plugins libportaudio2 || true
        command -v tmux >/dev/null || system_packages "The tests need a terminal to look at" tmux || true
        command -v Xvfb >/dev/null && command -v xdotool >/dev/null ||
            system_packages "The tests press keys in a display of their own" xvfb xdotool || true
        command -v kitty >/dev/null ||
            system_packages "The tests hold a key down in a terminal that tells when it is let go" kitty libgl1-mesa-dri || true
        command -v ip >/dev/null || system_packages "The tests need network namespaces" iproute2 || true
        command -v strace >/dev/null || system_packages "The tests watch a session for attempts to reach the network" strace || true
    fi
}

# ---- Python and uv -----------------------------------------------------------------------------------------------------------
find_python() {
    local candidate
    for candidate in ${VOICECLI_PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'; return 0
        fi
    done
    return 1
}

uv() {
    if [ -x .uv/bin/uv ]; then .uv/bin/uv "$@"; else command uv "$@"; fi
}

python_and_uv() {
    python="$(find_python)" || die "Python 3.11 or later was not found." "Install it, or name it: VOICECLI_PYTHON=/path/to/python3.11 make chat"
    [ -x .uv/bin/uv ] && return
    if command -v uv >/dev/null && command uv pip sync --help 2>/dev/null | grep config-settings-package >/dev/null; then return; fi
    say "Fetching uv, which installs the rest"
    rm -rf .uv
    "$python" -m venv .uv >/dev/null 2>&1 || {
        # Debian keeps the part of venv that brings pip in a package of its own.
        local version; version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
        rm -rf .uv
        system_packages "Python's venv is incomplete" "python$version-venv" && "$python" -m venv .uv
    } || die "Python cannot make a virtual environment." "Install your system's package for it (Debian: python3-venv)."
    .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt ||
        die "uv could not be installed." "Check that the package index can be reached: .uv/bin/python -m pip download uv"
}

# ---- dependencies ------------------------------------------------------------------------------------------------------------
compiler() { # llama.cpp comes as source
    if command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null; then return; fi
    system_packages "llama.cpp is built from source and there is no C++ compiler" g++ && return
    say "Using the compiler of the package ziglang instead"
    [ -x .uv/bin/python ] || "$python" -m venv .uv
    .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/compiler.txt ||
        die "There is no C++ compiler." "Install one (Debian: sudo apt-get install g++) and run this again."
    local tool
    for tool in cc c++; do
        printf '#!/bin/sh\nexec "%s/.uv/bin/python" -m ziglang %s "$@"\n' "$PWD" "$tool" >".uv/bin/zig-$tool"
        chmod +x ".uv/bin/zig-$tool"
    done
    export CC="$PWD/.uv/bin/zig-cc" CXX="$PWD/.uv/bin/zig-c++"
    cmake_args="$cmake_args;-DGGML_OPENMP=OFF" # its runtime library is not part of that package
}

dependencies() {
    cmake_args="${VOICECLI_CMAKE_ARGS:-$("$python" scripts/cpu_flags.py)}"
    local lock=runtime stamp
    # What tests need contains what running needs: a checkout that was set up for tests stays so.
    if [ "$goal" = test ] || [ -e .venv/.for-tests ]; then lock=dev; fi
    stamp="$(cat "requirements/$lock.txt" requirements/build.txt requirements/hotkey.txt pyproject.toml | cksum) $cmake_args $PWD"
    if [ "$(cat .venv/.stamp 2>/dev/null)" = "$stamp" ]; then return; fi
    compiler
    [ -x .venv/bin/python ] || uv venv --quiet --clear --python "$python" .venv # its Python may have been removed
    say "Installing dependencies; llama.cpp is built for this processor, which takes some minutes the first time"
    local build=(--build-constraints requirements/build.txt --config-settings-package "llama-cpp-python:cmake.args=$cmake_args")
    uv pip sync --quiet --python .venv --require-hashes "${build[@]}" "requirements/$lock.txt"
    uv pip install --quiet --python .venv --no-deps --build-constraints requirements/build.txt --editable .
    if [ "$lock" = dev ]; then
        # The global key is an extra that has to be compiled on Linux; where that does not work its tests are left out.
        uv pip install --quiet --python .venv --require-hashes -r requirements/hotkey.txt 2>/dev/null ||
            say "The extra “hotkey” could not be built, so its tests are skipped (Debian: sudo apt-get install gcc linux-libc-dev)"
        : >.venv/.for-tests
    fi
    printf '%s\n' "$stamp" >.venv/.stamp
}

program() { # a wheel in an environment of its own; each dependency is checked against its hash, as in the checkout
    local home="${VOICECLI_PROGRAM:-${XDG_DATA_HOME:-$HOME/.local/share}/voicecli-program}" bin="${VOICECLI_BIN:-$HOME/.local/bin}"
    local man="${bin%/*}/share/man/man1" # where man looks for the programs of $bin
    local scratch; scratch="$(mktemp -d)"; trap 'rm -rf "$scratch"' RETURN
    cmake_args="${VOICECLI_CMAKE_ARGS:-$("$python" scripts/cpu_flags.py)}"
    compiler
    uv build --quiet --wheel --build-constraints requirements/build.txt --require-hashes --out-dir "$scratch"
    [ -x "$home/bin/python" ] || uv venv --quiet --clear --python "$python" "$home" # its Python may have been removed
    local build=(--build-constraints requirements/build.txt --config-settings-package "llama-cpp-python:cmake.args=$cmake_args")
    uv pip sync --quiet --python "$home" --require-hashes "${build[@]}" requirements/runtime.txt
    uv pip install --quiet --python "$home" --no-deps "$scratch"/voicecli-*.whl
    mkdir -p "$bin" "$man" && ln -sf "$home/bin/voicecli" "$bin/voicecli" && ln -sf "$home/share/man/man1/voicecli.1" "$man/"
    say "Installed: $bin/voicecli. To remove it: rm -r $home $bin/voicecli $man/voicecli.1"
    case ":$PATH:" in *":$bin:"*) ;; *) say "$bin is not on your PATH." ;; esac
}

models() { # a set of models, or without a name what suits this machine; with checksums; says nothing when all is there
    .venv/bin/voicecli models get --quiet "$@"
}

case "$goal" in
    run) sound; python_and_uv; dependencies; models ${VOICECLI_SET:-} ;;
    test)
        # Models for tests stay apart from those that `voicecli` uses. They are links into the cache where that is on the same disk.
        export VOICECLI_MODELS="${VOICECLI_MODELS:-$PWD/.test-models}"
        sound; python_and_uv; dependencies; models test; .venv/bin/python scripts/llama3_parts.py >/dev/null ;;
    program) sound; python_and_uv; program ;;
    sound) sound ;;
    *) die "There is no goal “$goal”." "One of: run, test, program, sound." ;;
esac
