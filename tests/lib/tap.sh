# SPDX-License-Identifier: BSD-2-Clause
# tap.sh: what the shell suites share: source it, call `try` per test, end with `finish`. Runs from the top folder.
# shellcheck shell=bash

set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
tap_n=0 tap_failed=0

# try NAME COMMAND...: one test; what the command says is shown when it fails.
try() {
    local name=$1 said
    shift
    tap_n=$((tap_n + 1))
    if said=$("$@" 2>&1 </dev/null); then
        echo "ok $tap_n - $name"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_n - $name"
        printf '#   %s\n' "${said//$'\n'/$'\n'#   }"
    fi
}

# refuses COMMAND...: true if the command fails.
refuses() { ! "$@"; }

# Without these files there is nothing to test: no plan is printed then, which the runner counts as a failure.
require() {
    local file
    for file; do
        [ -e "$file" ] || { echo "no $file: make it first"; exit 1; }
    done
}

# A folder for this suite alone, removed at its end.
scratch() {
    tap_scratch=$(mktemp -d) || exit
    trap 'rm -rf "$tap_scratch"' EXIT
}

finish() {
    echo "1..$tap_n"
    [ "$tap_failed" = 0 ]
    exit
}
