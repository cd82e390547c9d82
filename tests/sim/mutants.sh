#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh: the simulator has to find each fault of the list in tests/sim/mutants (tests/lib/mutants.sh), and says with which
# seed it did.
#
#   tests/sim/mutants.sh [NAME]   those whose name contains NAME; `make simulate` does all. The copies lie in build/sim/mutants/
#
# CASE in the list are the options of the simulator.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/mutants.sh
. tests/lib/mutants.sh

# shellcheck disable=SC2034 # plant_all reads them
list=tests/sim/mutants
built=build/sim
require "$built/sim"

# shellcheck disable=SC2317 # hatch calls them
may_change() { ls "$built"/tests/sim/*.d "$built"/src/remote/{remote,seat,tenure}.d; }
# shellcheck disable=SC2317
may_not() { echo "$built/tests/lib/tap.o"; }
# shellcheck disable=SC2086,SC2317 # options
finds() {
    local said status
    said=$(nice timeout 240 "$1" --brief --seeds 1..50000 $2)
    status=$?
    grep -v '^ok' <<<"$said"
    [ $status = 1 ]
}

plant_all "${1:-}"
finish
