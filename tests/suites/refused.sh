#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# refused.sh: the locks inside a process where the kernel, or a container's filter, refuses what makes them fast: rseq(2),
# membarrier(2), futex_waitv(2). They may be slower there, and nothing else: the same tests pass.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
units=build/test/tests/unit
stress=build/release/tests/stress/stress_inproc
require $units/test_mutex $stress

build() { gcc -std=c11 -D_GNU_SOURCE -o "$tap_scratch/refused" tests/suites/refused.c; }
without() { timeout 120 "$tap_scratch/refused" "$@"; }
# The filter is there, or the rest would say nothing.
sees() {
    # shellcheck disable=SC2016 # C
    printf '#include <unistd.h>\n#include <sys/syscall.h>\nint main(void) { return syscall(SYS_%s, 0, 0, 0) >= 0; }\n' "$1" |
        gcc -D_GNU_SOURCE -x c - -o "$tap_scratch/sees" && "$tap_scratch/sees"
}
is_refused() { without "$1" -- "$tap_scratch/sees"; }

try "the filter builds" build
try "membarrier is allowed here" refuses sees membarrier
try "membarrier is refused there" is_refused membarrier
for test in mutex mutex_storm mutex_fork restart; do
    try "no rseq: test_$test" without rseq -- $units/test_$test
done
for test in mutex mutex_storm chan chan_crowd select select_crowd restart; do
    try "no membarrier: test_$test" without membarrier -- $units/test_$test
done
for test in select select_crowd; do
    try "no futex_waitv: test_$test" without futex_waitv -- $units/test_$test
done
try "nothing of it: a crowd" without rseq membarrier futex_waitv -- env T=2 $stress
finish
