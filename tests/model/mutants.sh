#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh: the explorer has to find each fault of the list in tests/model/mutants (tests/lib/mutants.sh).
#
#   tests/model/mutants.sh [NAME]   those whose name contains NAME; `make model` does all. The copies lie in build/model/mutants/
#
# CASE in the list is a part of the names of the cases that are to find the fault.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/mutants.sh
. tests/lib/mutants.sh

# shellcheck disable=SC2034 # plant_all reads them
list=tests/model/mutants
built=build/model
require "$built/tests/model/model_engine"

may_change() {
    find "$built/src/core" "$built/src/space" -name '*.d' | sort
    echo "$built/tests/model/$1.d"
}
may_not() {
    local o
    for o in "$built"/tests/model/*.o; do
        [[ $o == */model_* ]] || echo "$o"
    done
    echo "$built/tests/lib/tap.o"
}
finds() { nice timeout 120 "$1" -f -c "$2"; }

plant_all "${1:-}"
finish
