#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh: can the fuzz targets fail? Asks each to find its fault of the list in tests/fuzz/mutants (tests/lib/mutants.sh), from the
# corpus in the tree, within two minutes: make fuzz MUTANTS=1 [ONLY=those called so]; the copies lie in build/fuzz/mutants/.
#
# All 11 are found. Three of them take an input of many right steps, which is in the corpus as found-NAME, so that it is had at
# once, also by the replay in `make test`; chance did not find them in time on a busy machine.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/mutants.sh
. tests/lib/mutants.sh

# shellcheck disable=SC2034 # plant_all reads them
list=tests/fuzz/mutants
built=build/fuzz
require "$built/tests/fuzz/fuzz_url" "$built/libpawl.a"

# shellcheck disable=SC2317 # hatch calls them
may_change() {
    local o
    for o in $(make --no-print-directory -s FLAVOR=fuzz "parts-${1#fuzz_}") "$built"/src/{core,space,remote}/*.o; do
        echo "${o%.o}.d"
    done
}
# shellcheck disable=SC2317
may_not() { make --no-print-directory -s FLAVOR=fuzz "links-${1#fuzz_}" | tr ' ' '\n'; }
# shellcheck disable=SC2317
finds() {
    local said
    mkdir -p "$1.corpus" # the first is written to
    ! said=$(nice "$1" -max_total_time=120 -max_len=512 -timeout=20 -artifact_prefix="$1-" "$1.corpus" "tests/fuzz/corpus/${1##*fuzz_}" 2>&1) &&
        grep -m 1 -E 'ERROR: AddressSanitizer|does not hold|runtime error' <<<"$said" # neither time nor memory that ran out
}

plant_all "${1:-}"
finish
