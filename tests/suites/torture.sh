#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# torture.sh: an installed pawl as a black box, under torture (tests/torture). T= seconds (4), SEED= the plan of faults; `make
# torture` is the long form.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
# shellcheck source=tests/lib/consumer.sh
. tests/lib/consumer.sh
export LD_LIBRARY_PATH=$stage/usr/local/lib T=${T:-4}

build() {
    # shellcheck disable=SC2046 # flags
    cc -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o "$tap_scratch/torture" tests/torture/{main,plan,section,worker}.c \
        tests/lib/{harness,asleep,tap}.c -pthread $(pkg-config --cflags --libs pawl) &&
        cc -O2 -fPIC -shared -Wall -Wextra -Werror -o "$tap_scratch/starve.so" tests/torture/starve.c &&
        cc -O2 -Wall -Wextra -Werror -o "$tap_scratch/no_memory" tests/torture/no_memory.c $(pkg-config --cflags --libs pawl)
}
# Its notes are ours, whatever comes of it.
tortured() {
    LD_PRELOAD=$tap_scratch/starve.so "$tap_scratch/torture" >"$tap_scratch/said" 2>&1
}
notes() { grep '^# ' "$tap_scratch/said"; }
without_memory() { LD_PRELOAD=$tap_scratch/starve.so "$tap_scratch/no_memory"; }
control() { T=1 "$tap_scratch/torture" --busted; }
plan() { SEED=$1 "$tap_scratch/torture" --plan; }
same_plan() { diff <(plan 7) <(plan 7); }
another_plan() { refuses diff <(plan 7) <(plan 8); }
all_of_it() { cat "$tap_scratch/said"; grep -q '^1\.\.' "$tap_scratch/said" && refuses grep -q '^not ok' "$tap_scratch/said"; }

try "install" stage
try "the driver builds against what is installed" build
try "attaching without memory" without_memory
try "a lock that locks nothing is found out" control
try "a seed gives the same plan of faults" same_plan
try "another seed gives another" another_plan
try "torture for $T s" tortured
notes
try "no violation" all_of_it
finish
