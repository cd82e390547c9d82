# SPDX-License-Identifier: BSD-2-Clause
# programs.sh: test programs by short names, for scripts that make them and run them: FLAVOR/FOLDER/NAME as they lie in build/,
# FLAVOR/sim, suites/NAME.sh, or a script's path. Sourced.
# shellcheck shell=bash

# where PROGRAM: the file that is run. Suites and scripts are run as they are.
where() {
    case $1 in
    suites/*) echo "tests/$1" ;;
    tests/*) echo "$1" ;;
    */sim) echo build/sim/sim ;;
    *) echo "build/${1%%/*}/tests/${1#*/}" ;;
    esac
}

# needs PROGRAM: what make has to make for it, behind the flavour.
needs() {
    case $1 in
    suites/* | tests/*) echo release all benches backends ;;
    */remote/*) echo "${1%%/*}" "$(where "$1")" backends "build/${1%%/*}/tests/remote/libpawl-dir.so" ;;
    *) echo "${1%%/*}" "$(where "$1")" ;;
    esac
}

# make_program PROGRAM
make_program() {
    local flavor targets
    read -r flavor targets <<<"$(needs "$1")"
    # shellcheck disable=SC2086 # several
    make --no-print-directory -j"$(nproc)" FLAVOR="$flavor" $targets
}
