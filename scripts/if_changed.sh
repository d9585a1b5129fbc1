#!/usr/bin/env bash
# Runs a command unless nothing has changed since it last succeeded here:  scripts/if_changed.sh NAME COMMAND…
#
# What counts: every file of the checkout that git does not ignore, the installed dependencies and the models. With FRESH=1 it always runs.
set -euo pipefail
cd "$(dirname "$0")/.."
name="$1"; shift
stamp=".venv/.passed-$name"

state() {
    { git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -type f -not -path './.*' -print0; } |
        sort -z | xargs -0 sha256sum 2>/dev/null || true
    cat .venv/.stamp
    ls -lLR "${VOICECLI_MODELS:-.test-models}" 2>/dev/null
    printf '%s\n' "$*"
}

now="$(state "$@" | sha256sum)"
if [ "${FRESH:-}" != 1 ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then
    printf '%s: passed before, and nothing has changed since (FRESH=1 make test runs them again)\n' "$name"
    exit 0
fi
rm -f "$stamp"
"$@"
printf '%s\n' "$now" >"$stamp"
