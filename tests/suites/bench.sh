#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh: the benchmarks tell a broken lock from a working one, refuse what they cannot do, and print what programs can
# read. No figure of theirs is judged here. Peers that are not installed are no failure: they have to be named.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
bench=build/release/bench
robust=$bench/bench_robust death=$bench/bench_death mutex=$bench/bench_mutex alone=$bench/bench_alone
port=$bench/bench_port chan=$bench/bench_chan
make -s FLAVOR=release benches >&2 || exit
require $robust $death $mutex $alone $port $chan

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

# measured N ROW...: each has so many lines; peers N ROW...: or one that says what is missing
measured() {
    local n=$1 row
    shift
    for row; do
        [ "$(lines "$row")" = "$n" ] || { echo "$row: not $n lines"; return 1; }
    done
}
peers() {
    local n=$1 row
    shift
    for row; do
        grep -q "^\"$row\",.*\"absent: " "$tap_scratch/out" || measured "$n" "$row" || return
    done
}

# ---- between processes ----
# shellcheck disable=SC2086
all_rows_exclude() {
    ends 0 $robust $short --procs 1,2 --inside 150 --csv &&
        measured 2 pawl_robust pawl_named glibc_robust glibc_normal flock ofd
}
# Nothing but the counting, so that they meet in it even on one CPU.
# shellcheck disable=SC2086
no_lock_is_found_out() { ends 1 "$1" $short --rounds 5 --window 200 "$2" 2 --inside 0 --outside 0 --only none && grep -q 'lost updates' "$tap_scratch/err"; }
# shellcheck disable=SC2086
spins_are_rows() {
    ends 0 $robust $short --procs 2 --inside 0 --only pawl_robust,glibc_normal --spins 0,4000 --csv &&
        measured 1 pawl_robust/0us pawl_robust/4us glibc_normal
}
all_rows_survive() {
    ends 0 $death --rounds 1 --resident 0,8 --csv || return
    local row
    for row in pawl_robust pawl_named glibc_robust flock ofd; do
        [ "$(lines $row)" -ge 2 ] || return
    done
}
try "every row keeps the others out, alone and with two processes" all_rows_exclude
try "a row without a lock fails its check" no_lock_is_found_out $robust --procs
try "each spin budget is a row of its own" spins_are_rows
try "after the holder's death every row that claims so goes on" all_rows_survive

# ---- between threads ----
# shellcheck disable=SC2086
all_threads_exclude() {
    ends 0 $mutex $short --threads 1,3 --inside 50 --outside 0 --csv &&
        measured 2 pawl_spin pawl_mutex pawl_stable pawl_recursive pawl_tokens pthread_normal pthread_adaptive \
            pthread_recursive pthread_spin ck_fas ttas drepper &&
        measured 1 floor && peers 2 nsync_mu absl_mutex
}
# shellcheck disable=SC2086
queue_locks_exclude() { ends 0 $mutex $short --threads 2 --inside 0 --outside 0 --only ck_ticket,ck_mcs --csv && measured 1 ck_ticket ck_mcs; }
# shellcheck disable=SC2086
summary_compares() {
    ends 0 $mutex $short --rounds 2 --threads 1,2 --inside 0 --outside 0 --only pawl_mutex,pawl_spin,ttas,drepper --summary --csv &&
        grep -q '^row,peer,ratio_1,ratio_se_1,ratio_2,' "$tap_scratch/out" && measured 2 pawl_mutex pawl_spin
}
# What another lock has to bring along; and one that lets everybody in.
cat >"$tap_scratch/lock.c" <<'C'
#include <pthread.h>
void bench_lock_init(void *mem) { pthread_mutex_init(mem, 0); }
void bench_lock(void *mem) { if (GOOD) pthread_mutex_lock(mem); }
void bench_unlock(void *mem) { if (GOOD) pthread_mutex_unlock(mem); }
C
# shellcheck disable=SC2086
loaded_is_measured() {
    cc -shared -fPIC -DGOOD="$1" -o "$tap_scratch/lock$1.so" "$tap_scratch/lock.c" &&
        ends "$2" $mutex $short --rounds 5 --window 200 --threads 2 --inside 0 --outside 0 --only ttas --csv --load "$tap_scratch/lock$1.so" &&
        measured 1 loaded
}
# The rows of peers, compiled as where none is installed, take the place of those in the archive.
# shellcheck disable=SC2086,SC2046
missing_peers_are_named() {
    cc -std=c11 -D_GNU_SOURCE -Iinclude -Isrc -pthread -o "$tap_scratch/lonely" $bench/bench_mutex.o bench/rows/{nsync,absl}.c \
        build/release/libbench.a build/release/libpawl.a $(pkg-config --libs liburcu-bp liburcu-cds) -lm &&
        ends 0 "$tap_scratch/lonely" $short --threads 1,2 --inside 0 --outside 0 --only pawl_spin,nsync_mu,absl_mutex --csv &&
        measured 2 pawl_spin && measured 1 nsync_mu absl_mutex &&
        grep -q '^"nsync_mu",.*"absent: libnsync-dev"' "$tap_scratch/out" &&
        grep -q '^"absl_mutex",.*"absent: libabsl-dev"' "$tap_scratch/out"
}
try "every row keeps the others out, alone and with three threads" all_threads_exclude
try "so do the locks that queue" queue_locks_exclude
try "a row without a lock fails its check between threads" no_lock_is_found_out $mutex --threads
try "the summary has each of our rows beside each peer" summary_compares
try "a lock from a shared object is measured" loaded_is_measured 1 0
try "one that does not exclude is found out" loaded_is_measured 0 1
try "peers that are missing are named, the rest is measured" missing_peers_are_named

# ---- single operations, Go, queues ----
# acts ACT ROW...: there is a line for that operation of each row
acts() {
    local act=$1 row
    shift
    for row; do
        grep -q "^\"$act\",\"$row\",[0-9]" "$tap_scratch/out" || { echo "$row: no $act"; return 1; }
    done
}
all_acts_do_as_they_should() {
    ends 0 $alone --rounds 2 --csv && acts nested floor pawl_recursive pthread_recursive &&
        acts pair floor pawl_spin pawl_mutex pawl_stable pawl_recursive pawl_tokens pthread_normal pthread_spin ck_fas ttas drepper &&
        acts refused floor pawl_spin pawl_mutex pawl_stable pawl_recursive pawl_tokens pthread_normal ck_fas &&
        acts timed floor pawl_mutex pthread_normal
}
go_is_compared_or_missing() {
    ends 0 $port --rounds 2 --csv && acts try floor pawl_tokens pawl_mutex && acts refused floor pawl_tokens &&
        { acts try go_chan go_mutex || grep -q '"go_chan",.*"absent: golang-go"' "$tap_scratch/out"; }
}
# shellcheck disable=SC2086
go_contends_or_is_missing() { ends 0 $port $short --threads 2,3 --contended --csv && measured 2 pawl_tokens pawl_mutex && peers 2 go_chan go_mutex; }
# shellcheck disable=SC2086
queues_lose_nothing() {
    ends 0 $chan $short --pairs 1,2 --csv && measured 2 pawl_chan pawl_chan_try ck_ring wfcqueue pthread_ring && peers 2 go_chan
}
# shellcheck disable=SC2086
rallies_come_back() {
    ends 0 $chan $short --inside 0,50000 --rally --csv && measured 2 pawl_chan pawl_chan_try ck_ring wfcqueue pthread_ring && peers 2 go_chan
}
# shellcheck disable=SC2086
loss_is_found_out() { ends 1 $chan $short --pairs 1 --only lossy && grep -q 'elements were lost' "$tap_scratch/err"; }
try "every single operation does what it should" all_acts_do_as_they_should
try "Go's operations are measured beside ours, or named" go_is_compared_or_missing
try "so are its locks" go_contends_or_is_missing
try "no queue loses an element" queues_lose_nothing
try "every element that is sent to and fro comes back" rallies_come_back
try "a queue that loses elements fails its check" loss_is_found_out

# ---- what programs read, and what is refused ----
json_tool=$(command -v jq python3 | head -1)
case $json_tool in
*jq) read_json=(jq -e '.rows[0].row == "pawl_mutex" and .machine.cpu') ;;
*python3) read_json=(python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["rows"][0]["row"] == "pawl_mutex" and d["machine"]["cpu"]') ;;
*) read_json=(grep -q '"row": "pawl_mutex"') ;;
esac
json_is_json() { ends 0 "$@" --json && "${read_json[@]//pawl_mutex/$json_row}" <"$tap_scratch/out"; }
# shellcheck disable=SC2086
for from in "robust pawl_robust --procs 1" "mutex pawl_mutex --threads 1" "mutex pawl_mutex --threads 1 --summary" \
    "port pawl_mutex --threads 2 --contended" "chan pawl_chan --pairs 1" "chan pawl_chan --rally"; do
    read -r program json_row args <<<"$from"
    try "JSON can be read: bench_$program $args" json_is_json $bench/bench_$program $short $args --only $json_row,$(
        case $program in robust) echo glibc_normal ;; mutex) echo ttas ;; port) echo pawl_stable ;; chan) echo ck_ring ;; esac)
done
json_row=pawl_mutex
try "JSON can be read: bench_alone" json_is_json $alone --rounds 1 --only pawl_mutex

for program in $robust $mutex $alone $port $chan; do
    try "an unknown row is a usage error: ${program##*/}" ends 64 "$program" --only nonsense
done
try "a row that cannot survive is refused where death is measured" ends 64 $death --only glibc_normal
try "a list that is none is a usage error" ends 64 $robust --procs 1,,2
try "too many processes are a usage error" ends 64 $robust --procs 1000
try "too many threads are a usage error" ends 64 $mutex --threads 1000
try "too many pairs are a usage error" ends 64 $chan --pairs 33
finish
