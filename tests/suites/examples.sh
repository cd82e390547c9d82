#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# examples.sh: each example builds against an installed tree, shared and static, and prints what its head says.
#
# The head says the text itself, or, where threads race for who prints what, "N lines of PATTERN".
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
# shellcheck source=tests/lib/consumer.sh
. tests/lib/consumer.sh
try "install" stage

# prints_as_promised KIND FILE: the text behind "Prints:" in the file's head, exit status 0
prints_as_promised() {
    local want said status
    want=$(sed -n 's,^ \* Prints: ,,p' "$2")
    said=$("run_$1")
    status=$?
    echo "exit status $status; it printed: $said"
    [ "$status" = 0 ] && [ -n "$want" ] && is_as_promised "$said" "$want"
}
is_as_promised() {
    if [[ $2 =~ ^([0-9]+)\ lines\ of\ (.*)$ ]]; then
        [ "$(wc -l <<<"$1")" = "${BASH_REMATCH[1]}" ] && ! grep -qvxE "${BASH_REMATCH[2]}" <<<"$1"
    else
        [ "$1" = "$2" ]
    fi
}

# A lock that is tried: at least one of the ten had it, and none of those who had it saw another's counter.
counts_up() {
    local counters
    counters=$("run_$1" | sed -n 's/^current counter //p')
    echo "counters: $counters"
    [ -n "$counters" ] && [ "$counters" = "$(seq "$(wc -l <<<"$counters")")" ]
}
# But for the counters' floor, which outlives its spaces on purpose.
nothing_left() { refuses grep . <(find "$PAWL_DIR" -mindepth 1 ! -name 'pawl.*+floor'); }
has_example() { [ -e "tests/examples/eg_$1.c" ]; }

for header in include/pawl/*.h; do
    case $header in */annotate.h | */base.h | */restart.h | */pawl.h) continue ;; esac
    name=${header##*/}
    try "$name has an example" has_example "${name%.h}"
done
for example in tests/examples/eg_*.c; do
    name=${example##*/}
    for kind in shared static; do
        try "$name builds, $kind" build_$kind "$example"
        try "$name prints what it says, $kind" prints_as_promised $kind "$example"
        case $name in
        eg_golock.c | eg_caslock.c) try "$name counts up, $kind" counts_up $kind ;;
        esac
    done
done
try "no space is left behind" nothing_left
try "a line too few is seen" refuses is_as_promised $'a\nb' '3 lines of a|b'
try "another line is seen" refuses is_as_promised $'a\nbb\na' '3 lines of a|b'
try "another text is seen" refuses is_as_promised 'a b' 'a'
finish
