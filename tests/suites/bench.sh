#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh: the benchmarks tell a broken lock from a working one, refuse what they cannot do, and print what programs can
# read. No figure of theirs is judged here.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
robust=build/release/bench/bench_robust death=build/release/bench/bench_death
make -s FLAVOR=release $robust $death >&2 || exit
require $robust $death

# ends STATUS COMMAND...: runs it, keeps what it prints, true if it ends so
ends() {
    local want=$1 status
    shift
    timeout -k 5 120 "$@" >"$tap_scratch/out" 2>"$tap_scratch/err"
    status=$?
    echo "exit status $status; it said:"
    cat "$tap_scratch/out" "$tap_scratch/err"
    [ "$status" = "$want" ]
}

short="--rounds 1 --window 30 --max-foreign 100000" # a busy machine is no reason to measure again: nothing is compared

# lines ROW: how many lines of CSV there are for it
lines() { grep -c "^\"$1\"," "$tap_scratch/out"; }

all_rows_exclude() {
    # shellcheck disable=SC2086
    ends 0 $robust $short --procs 1,2 --inside 150 --csv || return
    local row
    for row in pawl_robust pawl_named glibc_robust glibc_normal flock ofd; do
        [ "$(lines $row)" = 2 ] || return
    done
}
# shellcheck disable=SC2086
no_lock_is_found_out() { ends 1 $robust $short --rounds 5 --window 200 --procs 2 --inside 150 --only none && grep -q 'lost updates' "$tap_scratch/err"; }
# shellcheck disable=SC2086
spins_are_rows() {
    ends 0 $robust $short --procs 2 --inside 0 --only pawl_robust,glibc_normal --spins 0,4000 --csv &&
        [ "$(lines pawl_robust/0us)" = 1 ] && [ "$(lines pawl_robust/4us)" = 1 ] && [ "$(lines glibc_normal)" = 1 ]
}
# shellcheck disable=SC2086
json_is_json() { ends 0 $robust $short --procs 1 --only pawl_robust --json && "$@" <"$tap_scratch/out"; }
all_rows_survive() {
    ends 0 $death --rounds 1 --resident 0,8 --csv || return
    local row
    for row in pawl_robust pawl_named glibc_robust flock ofd; do
        [ "$(lines $row)" -ge 2 ] || return
    done
}
json_tool=$(command -v jq python3 | head -1)
case $json_tool in
*jq) read_json=(jq -e '.rows[0].row == "pawl_robust" and .machine.cpu') ;;
*python3) read_json=(python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["rows"][0]["row"] == "pawl_robust" and d["machine"]["cpu"]') ;;
*) read_json=(grep -q '"row": "pawl_robust"') ;;
esac

try "every row keeps the others out, alone and with two processes" all_rows_exclude
try "a row without a lock fails its check" no_lock_is_found_out
try "each spin budget is a row of its own" spins_are_rows
try "JSON can be read" json_is_json "${read_json[@]}"
try "after the holder's death every row that claims so goes on" all_rows_survive
try "an unknown row is a usage error" ends 64 $robust --only nonsense
try "a row that cannot survive is refused where death is measured" ends 64 $death --only glibc_normal
try "a list that is none is a usage error" ends 64 $robust --procs 1,,2
try "too many processes are a usage error" ends 64 $robust --procs 1000
finish
