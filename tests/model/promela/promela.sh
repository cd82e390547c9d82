#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# promela.sh: every order of all steps of the models beside it, by Spin; and the faults planted in them, which have to be found.
#
#   tests/model/promela/promela.sh          three threads, one death; two keepers, one death; a part of the faults
#   LONG=1 tests/model/promela/promela.sh   with deadlines too, four threads, whatever else befalls a keeper, every fault
#
# A run counts when Spin's verifier says both how many errors and how many states it has seen: it ends with 0 either way.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../../lib/tap.sh"
command -v spin >/dev/null || { echo "1..0 # SKIP no spin: make setup"; exit 0; }
scratch
here=$PWD/tests/model/promela

# verifier MODEL NAME N FLAGS...
verifier() {
    local model=$1 name=$2 n=$3
    shift 3
    mkdir "$tap_scratch/$name" && (
        cd "$tap_scratch/$name" && spin -a -DN="$n" "$here/$model" &&
            gcc -O1 -w -DSAFETY -DNOCLAIM -DNOREDUCE -DMEMLIM=6000 "$@" -o pan pan.c
    )
}

# search VERIFIER SETTINGS...: how many errors, and in how many states
search() {
    local name=$1 said
    shift
    said=$(cd "$tap_scratch/$name" && env "$@" nice ./pan -E -m500000 ${bits:-})
    errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' <<<"$said")
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' <<<"$said")
    cut=$(grep -c 'Search not completed\|max search depth too small\|out of memory' <<<"$said")
    echo "errors: ${errors:-none said}, states: ${states:-none said}"
}
clean() { search "$@"; [ "$errors" = 0 ] && [ -n "$states" ] && [ "$cut" = 0 ]; }
found() { search "$@"; [ "$errors" = 1 ]; }

fault() { sed -n "s/^#define $2 *\([0-9]*\).*/\1/p" "$here/$1"; }
# finds MODEL VERIFIER FAULT SETTINGS...
finds() { try "$1: $3 is found by $2, ${*:4}" found "$2" FAULT="$(fault "$1" "$3")" "${@:4}"; }

# ---- the robust lock ----

try "robust.pml is made, three threads" verifier robust.pml three 3 -DCOLLAPSE
try "robust.pml: three threads, no death" clean three KILLS=0
try "robust.pml: three threads, one death" clean three KILLS=1
try "robust.pml: three threads, one death, whose slot is had again" clean three KILLS=1 REUSE=1
faults="WAKES_ONE NO_WAKE WORD_ALONE UNTOLD"
if [ -n "${LONG:-}" ]; then
    try "robust.pml: three threads, one death, a deadline" clean three KILLS=1 LATE=1
    faults+=" TOKEN_NOT_MARKED WAKE_BEFORE_STORE COUNT_FORGOTTEN OWNER_UNCHECKED"
fi
for f in $faults; do finds robust.pml three "$f" KILLS=1; done
if [ -n "${LONG:-}" ]; then
    for f in INC_STANDS_STILL TAKES_THE_LIVING; do finds robust.pml three "$f" KILLS=1 REUSE=1; done
    # What is known to be left to the slice, and would be seen if it were not: then say so in wait.c.
    try "robust.pml: the same TID in the same slot, in the middle of a futex_waitv, is left to the slice" found three KILLS=1 REUSE=1 SAME=1
    try "robust.pml: two deaths are left to the slice" found three KILLS=2
    try "robust.pml is made, four threads" verifier robust.pml four 4 -DCOLLAPSE -DBITSTATE
    bits=-w34
    finds robust.pml four SLEPT_WITHOUT_W KILLS=1
    try "robust.pml: four threads, one death" clean four KILLS=1
    bits=
fi

# ---- the keeper's take-over ----

# Unoptimized, as gcc is longer at this one than Spin's search then is.
try "keeper.pml is made, two keepers" verifier keeper.pml two 2 -O0
try "keeper.pml: an asker, no death" clean two ROUNDS=1
try "keeper.pml: twice, no death, another host" clean two ROUNDS=2 TURNS=1
try "keeper.pml: an asker, one keeper killed" clean two KILLS=1 ROUNDS=1
for f in SENT_BEFORE_WRITTEN ASKERS_FORGOTTEN GIVING_FORGOTTEN COUNTS_TOO_EARLY; do finds keeper.pml two "$f" KILLS=1 ROUNDS=1; done
for f in LOOKED_TOO_EARLY BELL_TAKEN_LAST; do finds keeper.pml two "$f" ROUNDS=2; done
finds keeper.pml two NUMBER_UNCHECKED ROUNDS=2 TWICE=1
finds keeper.pml two TIME_FROM_ANSWER ROUNDS=1 TICKS=3
finds keeper.pml two OPENED_FIRST ROUNDS=1 TURNS=1
finds keeper.pml two GIVEN_WHILE_VALID ROUNDS=1
finds keeper.pml two LATE_COPY_COUNTS ROUNDS=1 TWICE=1
if [ -n "${LONG:-}" ]; then
    for f in NUMBER_ANEW ADOPTED_AS_IT_IS; do finds keeper.pml two "$f" KILLS=1 ROUNDS=2; done
    try "keeper.pml is made, two keepers, for many states" verifier keeper.pml many 2 -O0 -DCOLLAPSE
    for f in TWICE=1 LOSSES=1 GIVEUPS=1 TURNS=1; do
        try "keeper.pml: an asker, one keeper killed, $f" clean many KILLS=1 ROUNDS=1 "$f"
    done
    try "keeper.pml: twice, no death, another host, time" clean many ROUNDS=2 TURNS=1 TICKS=3
fi
finish
