#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# examples.sh: each example builds against an installed tree, shared and static, and prints what its head says; in C++, in Python and
# by the command as well. What is about hosts runs beside a Redis server, a directory of spaces for each host.
#
# The head says the text itself, or, where threads race for who prints what, "N lines of PATTERN".
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
# shellcheck source=tests/lib/consumer.sh
. tests/lib/consumer.sh
require build/release/tests/remote/with_server
try "install" stage

# prints_as_promised KIND FILE: the text behind "Prints:" in the file's head, exit status 0
prints_as_promised() {
    local want said status
    want=$(sed -nE 's,^( \* |)Prints: ,,p' "$2")
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
    [ "$name" != eg_loop.c ] || continue # it needs a service, below
    for kind in shared static; do
        try "$name builds, $kind" build_$kind "$example"
        try "$name prints what it says, $kind" prints_as_promised $kind "$example"
        case $name in
        eg_golock.c | eg_caslock.c) try "$name counts up, $kind" counts_up $kind ;;
        esac
    done
done

# ---- in C++, C++11 and the newest that both compilers know, and in Python ----

build_c++() {
    # shellcheck disable=SC2046 # flags
    "$1" "-std=c++$2" -Wall -Wextra -Wpedantic -Werror -pthread tests/examples/eg_raii.cc -o "$tap_scratch/program" $(pkg-config --cflags --libs pawl)
}
run_python() { LD_LIBRARY_PATH=$stage/usr/local/lib timeout 60 python3 tests/examples/eg_ctypes.py; }
for kind in g++\ 11 clang++\ 20; do
    # shellcheck disable=SC2086 # two words
    try "eg_raii.cc builds, $kind" build_c++ $kind
    try "eg_raii.cc prints what it says, $kind" prints_as_promised shared tests/examples/eg_raii.cc
done
try "eg_ctypes.py prints what it says" prints_as_promised python tests/examples/eg_ctypes.py

# ---- on many hosts ----

export PAWL_BACKEND_DIR=$stage/usr/local/lib/pawl
# shellcheck disable=SC2016 # for the shell beside the server
beside_redis() { LD_LIBRARY_PATH=$stage/usr/local/lib timeout 120 build/release/tests/remote/with_server redis -- bash -c "$1" - "$tap_scratch"; }
run_hosts() { beside_redis '"$1/program" "redis://$AUTHORITY"'; }
# Somebody empties the server as soon as it holds the lock.
run_loser() {
    beside_redis '"$1/program" "redis://$AUTHORITY" | while read -r line; do
            echo "$line"
            [[ $line != holding* ]] || { sleep 0.3; redis-cli -p "$PORT" flushall >/dev/null; }
        done; exit "${PIPESTATUS[0]}"'
}
# Three hosts whose crontabs say the same, the first killed in the middle of the work; then the hour comes again, as by a late clock.
cat >"$tap_scratch/backup" <<'END'
#!/bin/sh
echo begun >>"$DONE/../log"
[ ! -e "$DONE/../slowly" ] || { rm "$DONE/../slowly"; sleep 60; exit 1; }
echo done >>"$DONE/../log"
END
chmod +x "$tap_scratch/backup"
night() {
    local said
    mkdir -p "$tap_scratch/done" "$tap_scratch/host1" "$tap_scratch/host2" "$tap_scratch/host3" && touch "$tap_scratch/slowly" || return
    PATH=$stage/usr/local/bin:$PATH DONE=$tap_scratch/done beside_redis '
        export PAWL_REMOTE=redis://$AUTHORITY NIGHT=1999-12-31
        host() { PAWL_DIR=$1/host$2 exec tests/examples/nightly.sh "$1/backup"; }
        host "$1" 1 & first=$!
        until grep -q begun "$1/log" 2>/dev/null; do sleep 0.02; done
        host "$1" 2 & second=$!
        host "$1" 3 & third=$!
        kill -9 $first
        wait $first; wait $second || exit; wait $third || exit
        (host "$1" 1) || exit
        cat "$1/log"; grep -cE "^[0-9a-f]{32}$" "$1/done/1999-12-31"' >"$tap_scratch/said"
    said=$? && cat "$tap_scratch/said"
    [ $said = 0 ] && [ "$(paste -sd' ' "$tap_scratch/said")" = 'begun begun done 1' ]
}
try "eg_exchange.c, three hosts: it builds" build_shared tests/examples/eg_exchange.c
try "it prints what it says" prints_as_promised hosts tests/examples/eg_exchange.c
try "each had a directory of its own" test -d "$PAWL_DIR/eg_exchange.host2"
rm -rf "$PAWL_DIR"/eg_exchange.host?
try "eg_loop.c builds" build_shared tests/examples/eg_loop.c
try "a lease that is lost: it prints what it says" prints_as_promised loser tests/examples/eg_loop.c
try "nightly.sh: killed on one host, done on one other, and not again" night
try "no space is left behind" nothing_left
try "a line too few is seen" refuses is_as_promised $'a\nb' '3 lines of a|b'
try "another line is seen" refuses is_as_promised $'a\nbb\na' '3 lines of a|b'
try "another text is seen" refuses is_as_promised 'a b' 'a'
finish
