#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# promela.sh: every order of all steps of the models beside it, by Spin; and the faults planted in them, which have to be found.
#
#   tests/model/promela/promela.sh          three threads, one death; a part of the faults
#   LONG=1 tests/model/promela/promela.sh   with a deadline too, four threads, every fault
#
# A run counts when Spin's verifier says both how many errors and how many states it has seen: it ends with 0 either way.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../../lib/tap.sh"
command -v spin >/dev/null || { echo "1..0 # SKIP no spin: make setup"; exit 0; }
scratch
here=$PWD/tests/model/promela

# verifier NAME N FLAGS...
verifier() {
    local name=$1 n=$2
    shift 2
    mkdir "$tap_scratch/$name" && (
        cd "$tap_scratch/$name" && spin -a -DN="$n" "$here/robust.pml" &&
            gcc -O1 -w -DSAFETY -DNOCLAIM -DNOREDUCE -DCOLLAPSE -DMEMLIM=6000 "$@" -o pan pan.c
    )
}

# errors VERIFIER DEPTH SETTINGS...: how many, and in how many states
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

fault() { sed -n "s/^#define $1 *\([0-9]*\).*/\1/p" "$here/robust.pml"; }
finds() { try "robust.pml: $2 is found by $1, ${*:3}" found "$1" FAULT="$(fault "$2")" "${@:3}"; }

try "robust.pml is made, three threads" verifier three 3
try "robust.pml: three threads, no death" clean three KILLS=0
try "robust.pml: three threads, one death" clean three KILLS=1
try "robust.pml: three threads, one death, whose slot is had again" clean three KILLS=1 REUSE=1
faults="WAKES_ONE NO_WAKE WORD_ALONE UNTOLD"
if [ -n "${LONG:-}" ]; then
    try "robust.pml: three threads, one death, a deadline" clean three KILLS=1 LATE=1
    faults+=" TOKEN_NOT_MARKED WAKE_BEFORE_STORE COUNT_FORGOTTEN OWNER_UNCHECKED"
fi
for f in $faults; do finds three "$f" KILLS=1; done
if [ -n "${LONG:-}" ]; then
    for f in INC_STANDS_STILL TAKES_THE_LIVING; do finds three "$f" KILLS=1 REUSE=1; done
    # What is known to be left to the slice, and would be seen if it were not: then say so in wait.c.
    try "robust.pml: the same TID in the same slot, in the middle of a futex_waitv, is left to the slice" found three KILLS=1 REUSE=1 SAME=1
    try "robust.pml: two deaths are left to the slice" found three KILLS=2
fi
if [ -n "${LONG:-}" ]; then
    try "robust.pml is made, four threads" verifier four 4 -DBITSTATE
    bits=-w34
    finds four SLEPT_WITHOUT_W KILLS=1
    try "robust.pml: four threads, one death" clean four KILLS=1
fi
finish
