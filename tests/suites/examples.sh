#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# examples.sh: each example builds against an installed tree, shared and static, and prints what its head says.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
# shellcheck source=tests/lib/consumer.sh
. tests/lib/consumer.sh
try "install" stage

# prints_as_promised KIND FILE: the text behind "Prints:" in the file's head, exit status 0, and no space left behind
prints_as_promised() {
    local want said status
    want=$(sed -n 's,^ \* Prints: ,,p' "$2")
    said=$("run_$1")
    status=$?
    echo "exit status $status; it printed: $said"
    [ "$status" = 0 ] && [ -n "$want" ] && [ "$said" = "$want" ]
}
# But for the counters' floor, which outlives its spaces on purpose.
nothing_left() { refuses grep . <(find "$PAWL_DIR" -mindepth 1 ! -name 'pawl.*+floor'); }
has_example() { [ -e "tests/examples/eg_$1.c" ]; }

for header in include/pawl/*.h; do
    case $header in */annotate.h | */base.h | */pawl.h) continue ;; esac
    name=${header##*/}
    try "$name has an example" has_example "${name%.h}"
done
for example in tests/examples/eg_*.c; do
    name=${example##*/}
    for kind in shared static; do
        try "$name builds, $kind" build_$kind "$example"
        try "$name prints what it says, $kind" prints_as_promised $kind "$example"
    done
done
try "no space is left behind" nothing_left
finish
