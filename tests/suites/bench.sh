#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh: pawl-bench tells a broken lock from a working one, refuses what it cannot do, and writes what programs can read.
# No figure of its is judged here. Peers that are not installed are no failure: they have to be named.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
bench=build/release/pawl-bench
make -s FLAVOR=release benches >&2 || exit
require $bench

# ends STATUS ARGUMENTS...: runs it, keeps what it prints, true if it ends so
ends() {
    local want=$1 status
    shift
    timeout -k 5 120 "${program:-$bench}" "$@" >"$tap_scratch/out" 2>"$tap_scratch/err"
    status=$?
    echo "exit status $status; it said:"
    cat "$tap_scratch/out" "$tap_scratch/err"
    [ "$status" = "$want" ]
}

short="--rounds 1 --window 30 --max-foreign 100000" # a busy machine is no reason to measure again: nothing is compared

# lines ROW: how many lines of CSV have a throughput of it
lines() { grep -cE "^\"[a-z]+\",\"$1\",\"[a-z]+\",[0-9]+,[0-9.]*,[0-9.]*,,[0-9]*,[0-9]+,[0-9]" "$tap_scratch/out"; }

# measured N ROW...: each has so many of them; peers N ROW...: or a line that says what is missing
measured() {
    local n=$1 row
    shift
    for row; do
        [ "$(lines "$row")" = "$n" ] || { echo "$row: not $n lines"; return 1; }
    done
}
absent() { grep -q "^\"[a-z]*\",\"$1\",.*\"absent: " "$tap_scratch/out"; }
peers() {
    local n=$1 row
    shift
    for row; do
        absent "$row" || measured "$n" "$row" || return
    done
}

# acts ACT ROW...: there is a figure of that operation of each row
acts() {
    local act=$1 row
    shift
    for row; do
        grep -qE "^\"alone\",\"$row\",\"$act\",1,,,,,[0-9]+,,+[0-9.]+,[0-9.]+,," "$tap_scratch/out" || { echo "$row: no $act"; return 1; }
    done
}

# ---- between processes ----
# shellcheck disable=SC2086
all_rows_exclude() {
    ends 0 processes $short --procs 1,2 --inside 150 --csv &&
        measured 2 pawl_robust pawl_named pawl_by_name glibc_robust glibc_normal posix_sem_shared sysv_sem flock ofd ck_fas ttas &&
        ends 0 processes $short --procs 2 --inside 150 --only glibc_pi --csv && measured 1 glibc_pi
}
# Nothing but the counting, so that they meet in it even on one CPU.
# shellcheck disable=SC2086
no_lock_is_found_out() {
    ends 1 "$1" $short --rounds 5 --window 200 "$2" 2 "${@:3}" --inside 0 --outside 0 --only none --csv &&
        grep -q 'lost updates' "$tap_scratch/err" && grep -q '"none".*lost updates' "$tap_scratch/out"
}
# shellcheck disable=SC2086
spins_are_rows() {
    ends 0 processes $short --procs 2 --inside 0 --only pawl_robust,glibc_normal --spins 0,4000 --csv &&
        measured 1 pawl_robust/0us pawl_robust/4us glibc_normal
}
# survived N ROW...: at least so many lines have a time of it
survived() {
    local n=$1 row
    shift
    for row; do
        [ "$(grep -cE "^\"death\",\"$row\",\"kill[a-z_]*\",2,,,[0-9]+,,1,,+[0-9.]+,0,0,\"\"" "$tap_scratch/out")" -ge "$n" ] ||
            { echo "$row: not $n lines"; return 1; }
    done
}
all_rows_survive() { ends 0 death --rounds 1 --resident 0,8 --csv && survived 2 pawl_robust pawl_named pawl_by_name glibc_robust sysv_sem flock ofd; }
memory_that_lacks_is_told() {
    (ulimit -v 1000000 && ends 1 death --rounds 1 --resident 2000 --only glibc_robust) && grep -q 'glibc_robust, 2000 MiB.*Cannot allocate memory' "$tap_scratch/err"
}
try "every row keeps the others out, alone and with two processes" all_rows_exclude
try "a row without a lock fails its check" no_lock_is_found_out processes --procs
try "each spin budget is a row of its own" spins_are_rows
try "after the holder's death every row that claims so goes on" all_rows_survive
try "a holder that does not get its memory is told" memory_that_lacks_is_told

# ---- many locks between processes ----
enough_files() { local most; most=$(ulimit -Hn); [ "$most" = unlimited ] || [ "$most" -ge 5000 ]; }
# shellcheck disable=SC2086
names_exclude() {
    ends 0 names $short --procs 2,3 --names 1,4096 --inside 50 --outside 0 --csv &&
        measured 4 pawl_named pawl_by_name glibc_array robust_array robust_hashed && { ! enough_files || measured 4 flock; }
}
try "every row of many locks keeps the others out of each, by handle, by index and by name" names_exclude
try "a row without locks fails its check with one name" no_lock_is_found_out names --procs --names 1
try "and with many" no_lock_is_found_out names --procs --names 64

# ---- between threads ----
threads="pawl_spin pawl_mutex pawl_stable pawl_recursive pawl_tokens pawl_robust pawl_named pawl_by_name pthread_normal
    pthread_adaptive pthread_recursive pthread_wrlock pthread_spin glibc_robust c11_mtx posix_sem ck_fas ck_cas ck_dec
    ck_rwlock ttas drepper"
# shellcheck disable=SC2086
all_threads_exclude() {
    ends 0 threads $short --threads 1,3 --inside 50 --outside 0 --csv &&
        measured 2 $threads &&
        measured 1 floor && peers 2 nsync_mu absl_mutex
}
# shellcheck disable=SC2086
locks_in_turn_exclude() {
    ends 0 threads $short --threads 2 --inside 0 --outside 0 --only ck_ticket,ck_mcs,ck_clh,pthread_pi --csv &&
        measured 1 ck_ticket ck_mcs ck_clh pthread_pi
}
# shellcheck disable=SC2086
summary_compares() {
    ends 0 threads $short --rounds 2 --threads 1,2 --inside 0 --outside 0 --only pawl_mutex,pawl_spin,ttas,drepper --summary --csv &&
        grep -q '^row,peer,ratio_1,ratio_se_1,ratio_2,' "$tap_scratch/out" &&
        [ "$(grep -cE '^"pawl_(mutex|spin)","(ttas|drepper)",[0-9]' "$tap_scratch/out")" = 4 ]
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
        ends "$2" threads $short --rounds 5 --window 200 --threads 2 --inside 0 --outside 0 --only ttas --csv --load "$tap_scratch/lock$1.so" &&
        grep -q '^"threads","loaded",' "$tap_scratch/out" && if [ "$2" = 0 ]; then measured 1 loaded; else grep -q 'loaded.*lost updates' "$tap_scratch/err"; fi
}
# shellcheck disable=SC2086
loaded_from_here() { local program=$PWD/$bench; (cd "$tap_scratch" && ends 0 threads $short --threads 1 --inside 0 --outside 0 --only ttas --load lock1.so --csv) && measured 1 loaded; }
# One that is never given back: it has to be killed, and the rest measured.
cat >"$tap_scratch/stuck.c" <<'C'
#include <unistd.h>
void bench_lock_init(void *mem) { (void)mem; }
void bench_lock(void *mem) { int *n = mem; if (++*n > NEXT) for (;;) pause(); }
void bench_unlock(void *mem) { (void)mem; }
C
# shellcheck disable=SC2086
stuck_is_found_out() {
    cc -shared -fPIC -DNEXT=10000 -o "$tap_scratch/stuck.so" "$tap_scratch/stuck.c" &&
        ends 1 threads $short --threads 2 --inside 0 --outside 0 --only ttas,drepper --csv --load "$tap_scratch/stuck.so" &&
        measured 1 ttas drepper && measured 0 loaded && grep -q '"loaded",.*"a worker was stuck, or died"' "$tap_scratch/out"
}
# One that does not even come through its first steps; `alone` has nobody who could be killed in its place.
cat >"$tap_scratch/dies.c" <<'C'
#include <unistd.h>
void bench_lock_init(void *mem) { (void)mem; if (HOW == 0) *(volatile int *)0 = 0; }
void bench_lock(void *mem) { (void)mem; if (HOW == 1) *(volatile int *)0 = 0; if (HOW == 2) _exit(0); }
void bench_unlock(void *mem) { (void)mem; }
C
first_steps_are_tried() {
    local how
    cc -shared -fPIC -DNEXT=1 -o "$tap_scratch/bad.so" "$tap_scratch/stuck.c" || return
    for how in stuck 0 1 2; do
        [ "$how" = stuck ] || cc -shared -fPIC -DHOW="$how" -o "$tap_scratch/bad.so" "$tap_scratch/dies.c" || return
        ends 1 alone --rounds 1 --only ttas --csv --load "$tap_scratch/bad.so" && acts pair ttas &&
            grep -q 'loaded: .*bad.so: it was stuck, or died' "$tap_scratch/err" && grep -q '"loaded",.*"it did not do' "$tap_scratch/out" || return
    done
}
what_is_no_lock_fails() { ends 1 threads --quick --only ttas --load /dev/null; }
# The rows of peers, compiled as where none is installed, take the place of those in the archive.
# shellcheck disable=SC2086,SC2046
missing_peers_are_named() {
    local program=$tap_scratch/lonely
    cc -std=c11 -D_GNU_SOURCE -Iinclude -Isrc -pthread -o "$program" build/release/bench/main.o bench/rows/{nsync,go}.c -xc bench/rows/abseil.cc -xnone \
        build/release/libbench.a build/release/libpawl.a $(pkg-config --libs liburcu-bp liburcu-cds jansson) -lm &&
        ends 0 threads $short --threads 1,2 --inside 0 --outside 0 --only pawl_spin,nsync_mu,absl_mutex,go_mutex --csv &&
        measured 2 pawl_spin && measured 0 nsync_mu absl_mutex go_mutex &&
        grep -q '"nsync_mu",.*"absent: libnsync-dev"' "$tap_scratch/out" &&
        grep -q '"absl_mutex",.*"absent: libabsl-dev"' "$tap_scratch/out" &&
        grep -q '"go_mutex",.*"absent: golang-go"' "$tap_scratch/out" &&
        ends 0 --list && grep -A1 '^  nsync_mu' "$tap_scratch/out" | grep -q 'absent here: it needs libnsync-dev'
}
try "every row keeps the others out, alone and with three threads" all_threads_exclude
try "so do the locks that hand over in turn" locks_in_turn_exclude
try "a row without a lock fails its check between threads" no_lock_is_found_out threads --threads
try "the summary has each of our rows beside each peer" summary_compares
try "a lock from a shared object is measured" loaded_is_measured 1 0
try "also from the folder one is in, named without it" loaded_from_here
try "one that does not exclude is found out" loaded_is_measured 0 1
try "one that hangs is killed, and the rest measured" stuck_is_found_out
try "one that hangs or dies at once does not take the others with it" first_steps_are_tried
try "a file that has no lock in it is a failure" what_is_no_lock_fails
try "peers that are missing are named, the rest is measured" missing_peers_are_named

# ---- single operations, Go, queues ----
# shellcheck disable=SC2086
all_acts_do_as_they_should() {
    ends 0 alone --rounds 2 --csv && acts nested floor pawl_recursive pthread_recursive &&
        acts pair floor $threads && acts refused floor $threads && acts try floor $threads &&
        acts timed floor pawl_mutex pawl_robust pawl_named pawl_by_name pthread_normal pthread_wrlock c11_mtx posix_sem &&
        acts 'timed[+]clock' floor pawl_mutex pawl_tokens pthread_normal && { absent go_chan || acts try go_chan go_mutex; } &&
        ends 0 alone --rounds 2 --only ck_ticket,ck_mcs,ck_clh,pthread_pi --csv &&
        acts refused ck_ticket ck_mcs pthread_pi && acts pair ck_clh
}
# shellcheck disable=SC2086
go_contends_or_is_missing() {
    ends 0 threads $short --threads 2,3 --inside 0,50 --outside 0 --only pawl_tokens,go_chan,go_mutex --csv &&
        measured 4 pawl_tokens && peers 2 go_chan go_mutex
}
# shellcheck disable=SC2086
queues_lose_nothing() {
    ends 0 queues $short --pairs 1,2 --csv && measured 2 pawl_chan pawl_chan_try ck_ring wfcqueue pthread_ring pipe && peers 2 ck_fifo posix_mq go_chan
}
# shellcheck disable=SC2086
rallies_come_back() {
    ends 0 rally $short --inside 0,50000 --csv && measured 2 pawl_chan pawl_chan_try ck_ring wfcqueue pthread_ring pipe && peers 2 ck_fifo posix_mq go_chan
}
# shellcheck disable=SC2086
loss_is_found_out() { ends 1 queues $short --pairs 1 --only lossy && grep -q 'elements were lost' "$tap_scratch/err"; }
try "every single operation does what it should, Go's too" all_acts_do_as_they_should
try "goroutines contend where nothing is inside, or are missing" go_contends_or_is_missing
try "no queue loses an element" queues_lose_nothing
try "every element that is sent to and fro comes back" rallies_come_back
try "a queue that loses elements fails its check" loss_is_found_out

# ---- what programs read ----
quick_has_every_scenario() {
    ends 0 --quick -o "$tap_scratch/all.json" --csv="$tap_scratch/all.csv" && for name in alone threads processes names death queues rally; do
        grep -q "^==== $name: " "$tap_scratch/out" && grep -q "^\"$name\"," "$tap_scratch/all.csv" &&
            grep -q "\"scenario\": \"$name\"" "$tap_scratch/all.json" || return
    done
}
# The document of the quick run: every point has a sample of each kind per round, ranks ascend, and what is listed is there.
cat >"$tap_scratch/check.py" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["schema"] == "pawl-bench/1" and d["machine"]["cpu"] and d["started"].endswith("Z") and d["version"]
rounds = {s["scenario"]: s["rounds"] for s in d["scenarios"]}
rows = {(r["row"], s) for r in d["rows"] for s in r["scenarios"]}
timed = 0
for p in d["points"]:
    assert p["scenario"] in rounds and (p["row"], p["scenario"]) in rows, p
    sizes = {len(s) for s in p["samples"].values()}
    assert len(sizes) == 1 and set(p["median"]) == set(p["samples"]), p
    assert p["scenario"] == "alone" or sizes == {rounds[p["scenario"]]}, p
    if p["latency"]:
        timed += 1
        assert p["latency"]["timed"] > 0, p
        ns = p["latency"]["ns"]
        assert len(ns) == len(p["latency"]["p"]) and p["latency"]["p"][-1] == 1 and ns == sorted(ns), p
        assert p["median"]["max_ns"] == ns[-1] and p["median"]["p50_ns"] == ns[p["latency"]["p"].index(0.5)], p
assert timed > 10 and {p["scenario"] for p in d["points"]} == set(rounds) and len(rounds) >= 7
PY
document_is_whole() { python3 "$tap_scratch/check.py" "$tap_scratch/all.json"; }
json_goes_to_stdout() { ends 0 threads --quick --only pawl_mutex,ttas --json && grep -q '"schema": "pawl-bench/1"' <(head -2 "$tap_scratch/out") && python3 -m json.tool "$tap_scratch/out"; }
list_is_json() {
    ends 0 --list --json && python3 -c 'import json, sys
rows = json.load(sys.stdin)["rows"]
d = {r["row"]: r for r in rows}
assert all("shared" in r["traits"] for r in rows if "processes" in r["scenarios"])
assert d["pawl_mutex"]["traits"] == ["private"] and "threads" in d["pawl_mutex"]["scenarios"]
assert "robust" in d["pawl_robust"]["traits"] and "death" in d["pawl_robust"]["scenarios"]' <"$tap_scratch/out"
}
full_disk_is_told() { ends 1 alone --rounds 1 --only pawl_spin --json=/dev/full && grep -q '/dev/full' "$tap_scratch/err"; }
try "a quick look has every scenario, as table, CSV and document" quick_has_every_scenario
if command -v python3 >/dev/null; then
    try "the document is whole" document_is_whole
    try "it goes to stdout, too" json_goes_to_stdout
    try "the list can be read by programs" list_is_json
fi
try "a document that cannot be written is a failure" full_disk_is_told

# What is drawn on a terminal of 30 columns fits into it, and is wiped away in the end.
bar_fits() {
    local line status
    script -qec "stty cols 30 && $bench threads $short --threads 1 --inside 0 --outside 0 --only ttas,drepper --csv=$tap_scratch/csv >$tap_scratch/out" \
        "$tap_scratch/typescript" </dev/null >"$tap_scratch/shown" && grep -q "^$(printf '\r')threads \[" "$tap_scratch/shown" || return
    while IFS= read -rd $'\r' line; do
        line=${line%$'\e[K'}
        [ ${#line} -lt 30 ] || { echo "too wide: $line"; return 1; }
    done <"$tap_scratch/shown"
    [ "$(tail -c 4 "$tap_scratch/shown")" = $'\r\e[K' ]
}
! command -v script >/dev/null || try "the bar fits the terminal" bar_fits

# ---- what is refused ----
refused() { ends 64 "$@" && grep -q -- "$why" "$tap_scratch/err"; }
says() { local why=$1; shift; refused "$@"; }
try "an unknown scenario is a usage error" says 'no scenario nonsense' nonsense
try "an unknown row is a usage error" says 'no row nonsense' --only nonsense
try "so is one that has no part in the scenario" says 'no row pawl_mutex' processes --only pawl_mutex
try "a row that cannot survive is refused where death is measured" says 'no row glibc_normal' death --only glibc_normal
try "so is an option that no scenario chosen takes" says '--procs has no meaning' threads queues --procs 2
try "so are names where there is one lock" says '--names has no meaning' threads --names 2
try "too many names are a usage error" says 'not a list of numbers from 1 to 4096' names --names 4097
try "an unknown peer is a usage error" says 'no row nonsense' alone --peer nonsense
try "a list that is none is a usage error" says 'not a list' processes --procs 1,,2
try "so is half a thread" says 'not a list of whole numbers' --threads 2.5
try "a number that is in a list twice is a usage error" says '2 twice' threads --threads 2,1,2
try "too many processes are a usage error" says 'not a list of numbers from 1 to 64' --procs 1000
try "too many threads are a usage error" says 'not a list of numbers from 1 to 64' --threads 1000
try "too many pairs are a usage error" says 'not a list of numbers from 1 to 32' --pairs 33
only_takers_run() { ends 0 --quick --only ofd --csv && ! grep -qE '^"(alone|threads|queues)"' "$tap_scratch/out" && measured 2 ofd; }
try "scenarios without any of the rows are left out" only_takers_run
finish
