#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# bench_compare.sh: what reads documents. pawl-bench --compare finds a lock that was made a fifth slower on purpose, says so
# in what it prints and in its exit status, and refuses what cannot be compared; claims are held against a document, pictures
# drawn from it. LONG=1 measures ten times over, alone and contended, and also demands that two measurements of one lock
# differ in one of ten comparisons at most. What is judged is the comparison: no time and no ratio. The CPU's speed changes
# from second to second, and not all rows change with it alike: what is to be found is measured at the same time, as far as
# one thread is enough for it, and once more, up to four times, if it was not found.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
bench=build/release/pawl-bench
make -s FLAVOR=release benches >&2 || exit
require $bench

# A lock with a fixed piece of work in its section; the slow one has a fifth more of it.
cat >"$tap_scratch/lock.c" <<'C'
static void work(void)
{
	for (volatile int i = 0; i < TURNS; i++)
		;
}
void bench_lock_init(void *mem) { *(int *)mem = 0; }
void bench_lock(void *mem)
{
	int *word = mem;

	for (;;) {
		int zero = 0;

		if (__atomic_load_n(word, __ATOMIC_RELAXED) == 0 &&
			__atomic_compare_exchange_n(word, &zero, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			break;
	}
	work();
}
void bench_unlock(void *mem) { __atomic_store_n((int *)mem, 0, __ATOMIC_RELEASE); }
C
build() { ${CC:-cc} -O2 -shared -fPIC -DTURNS="$2" -o "$tap_scratch/$1.so" "$tap_scratch/lock.c"; }
build plain 200 && build slow 240 || exit

peers=pthread_normal,pthread_adaptive,pthread_recursive,pthread_spin,ck_fas,ttas,drepper
# measure LOCK FILE SCENARIO OPTION...: a document with that lock among others
measure() {
    local lock=$1 file=$2
    shift 2
    $bench "$@" --only $peers,floor --load "$tap_scratch/$lock.so" --json="$tap_scratch/$file.json" >/dev/null
}
alone="alone --rounds 1000"
# contended ROUNDS MS
contended() { echo "threads --rounds $1 --window $2 --max-foreign 100000 --threads 1,2 --inside 0 --outside 0"; }

# compares STATUS OLD NEW [OPTION..]: its exit status is that; what it says stays in `out` and `err`
compares() {
    local want=$1 old=$2 new=$3 status
    shift 3
    $bench --compare "$@" "$tap_scratch/$old.json" "$tap_scratch/$new.json" >"$tap_scratch/out" 2>"$tap_scratch/err"
    status=$?
    echo "exit status $status; it said:"
    cat "$tap_scratch/out" "$tap_scratch/err"
    [ "$status" = "$want" ]
}
says() { grep -q -- "$1" "$tap_scratch/out" "$tap_scratch/err"; }

slower_is_found() { compares 1 plain slow && says '^SLOWER .* loaded ' && says '^[1-9][0-9]* points compared, 0 faster, [1-9]'; }
faster_is_no_failure() { compares 0 slow plain && says '^faster .* loaded ' && says ' [1-9][0-9]* faster, 0 slower'; }
json_says_the_same() { compares 1 plain slow --json && says '"schema": "pawl-bench-compare/1"' && says '"verdict": "slower"'; }
# 20 % are less than 100 %
threshold_is_obeyed() { compares 0 plain slow --threshold 100 && says ' 0 faster, 0 slower'; }
itself_is_the_same() { compares 0 plain plain && says ' 0 faster, 0 slower, 0 only in one'; }
refused() { compares 64 "$1" "$2" && says "$3"; }

# shellcheck disable=SC2046
threads_compare() {
    measure plain t1 $(contended 3 5) && measure plain t2 $(contended 3 5) || return
    compares 0 t1 t2 || compares 1 t1 t2 || return
    says '^2 points compared, '
}
# both PLAIN SLOW: two documents at once
# shellcheck disable=SC2086
both() {
    local plain status
    measure plain "$1" $alone & plain=$!
    measure slow "$2" $alone
    status=$?
    wait $plain && [ $status = 0 ]
}
slower_is_found_in_time() {
    local i
    for i in 1 2 3 4 5; do
        both plain slow || return
        slower_is_found && return
    done
    return 1
}
try "a lock that is a fifth slower is found" slower_is_found_in_time
try "one that is faster is found, and is no failure" faster_is_no_failure
try "as JSON too" json_says_the_same
try "a change below the threshold is none" threshold_is_obeyed
try "a document does not differ from itself" itself_is_the_same

try "contended, each cell is a point" threads_compare

head -c 2000 "$tap_scratch/plain.json" >"$tap_scratch/cut.json"
sed 's,pawl-bench/1,pawl-bench/99,' "$tap_scratch/plain.json" >"$tap_scratch/newer.json"
sed 's/"loaded"/"unloaded"/' "$tap_scratch/plain.json" >"$tap_scratch/others.json"
echo 'no JSON at all' >"$tap_scratch/text.json"
try "a document that was cut off is refused" refused cut plain 'cut.json: ends in the middle'
try "one of another schema is refused" refused plain newer 'newer.json: its schema is "pawl-bench/99"'
try "what is no JSON is refused" refused text plain 'text.json: is not JSON'
try "what is not there is refused" refused plain missing 'missing.json: cannot be read'
try "documents without a point in common are refused" refused plain others 'in common'

usage() { $bench "$@"; [ $? = 64 ]; }
try "one document is a usage error" usage --compare "$tap_scratch/plain.json"
try "a threshold that is none is a usage error" usage --compare --threshold none a b
try "measuring and comparing is a usage error" usage --compare --quick a b
try "a file for what is found is a usage error" usage --compare --json="$tap_scratch/x" a b
try "a threshold of nothing is a usage error" usage --threshold 5 --list

# Who reads nothing, because the disk is full, must not be told that all is well.
full_disk_is_told() {
    local what status
    for what in "--compare $tap_scratch/plain.json $tap_scratch/plain.json" "--claims $tap_scratch/plain.json" --list; do
        # shellcheck disable=SC2086
        $bench $what >/dev/full 2>"$tap_scratch/err"
        status=$?
        echo "$what: exit status $status; it said: $(cat "$tap_scratch/err")"
        [ $status = 1 ] && grep -q 'cannot write the output: No space' "$tap_scratch/err" || return
    done
}
try "what cannot be written is a failure" full_disk_is_told

# ---- claims ----
# Verdicts are told, not judged: it never fails where it can read.
claims_are_held_against_it() {
    $bench --claims "$tap_scratch/plain.json" >"$tap_scratch/out" || return
    says '^not measured .*of pawl_spin at most 1.05 x floor (no pawl_spin in alone)' && says '^[1-9][0-9]* claims: '
}
claims_refuse() { $bench --claims "$1" >"$tap_scratch/out" 2>"$tap_scratch/err"; [ $? = 64 ] && says "$2"; }
try "claims are held against a document" claims_are_held_against_it
try "a document that was cut off is refused there too" claims_refuse "$tap_scratch/cut.json" 'ends in the middle'

# ---- pictures ----
# drawn NAME: there is an SVG and a PNG of it, and gnuplot had nothing to say
drawn() {
    local format
    for format in svg png; do
        gnuplot -e "dir='$tap_scratch'; format='$format'" "bench/plot/$1.gp" >"$tap_scratch/said" 2>&1 || { cat "$tap_scratch/said"; return 1; }
        [ ! -s "$tap_scratch/said" ] || { cat "$tap_scratch/said"; return 1; }
        [ "$(wc -c <"$tap_scratch/$1.$format")" -gt 5000 ] || return
    done
    grep -q '</svg>' "$tap_scratch/$1.svg"
}
# shellcheck disable=SC2046
all_is_drawn() {
    local name
    $bench threads processes death --quick --threads 1,2,3 --rounds 1 --only pawl_mutex,pawl_robust,pthread_normal,ttas,flock \
        --json="$tap_scratch/all.json" >/dev/null || return
    for name in throughput fairness latency death heat; do
        $bench --plot "$tap_scratch" "$tap_scratch/all.json" | grep -q "/$name.dat" || { echo "no $name"; return 1; }
        ! command -v gnuplot >/dev/null || drawn "$name" || return
    done
}
nothing_is_left_over() {
    $bench --plot "$tap_scratch" "$tap_scratch/plain.json" >"$tap_scratch/out" && [ ! -s "$tap_scratch/out" ] &&
        [ ! -e "$tap_scratch/heat.dat" ]
}
no_such_folder() { $bench --plot "$tap_scratch/nowhere" "$tap_scratch/all.json" 2>"$tap_scratch/err"; [ $? = 1 ] && says 'nowhere/throughput.dat: No such'; }
try "all pictures are drawn$(command -v gnuplot >/dev/null || echo ' (no gnuplot: written)')" all_is_drawn
try "of a document without contention there is none, and none is left over" nothing_is_left_over
try "a folder that is not there is told" no_such_folder
make_fails_with_it() {
    mkdir -p "$tap_scratch/results" && cp "$tap_scratch/cut.json" "$tap_scratch/results/bench.json" || return
    ! make plot RESULTS="$tap_scratch/results" >"$tap_scratch/out" 2>"$tap_scratch/err" && says 'ends in the middle'
}
# Not after half an hour of measuring what it would draw.
no_gnuplot_is_told_at_once() {
    local dir
    mkdir "$tap_scratch/bin" || return
    for dir in ${PATH//:/ }; do
        [ ! -d "$dir" ] || ln -sf "$dir"/* "$tap_scratch/bin/"
    done
    rm -f "$tap_scratch/bin/gnuplot"
    ! PATH=$tap_scratch/bin make plot RESULTS="$tap_scratch/none" >"$tap_scratch/out" 2>"$tap_scratch/err" &&
        says 'make plot needs gnuplot' && [ ! -e "$tap_scratch/none" ]
}
try "make plot without gnuplot says so at once" no_gnuplot_is_told_at_once
! command -v gnuplot >/dev/null || try "make plot fails where there is nothing to draw from" make_fails_with_it

# ---- ten times ----
# ten_times NAME: how often the slow one is found (from $1_a to $1_c), and a change where there is none ($1_a, $1_b)
ten_times() {
    local i
    found=0 alarms=0
    for i in 1 2 3 4 5 6 7 8 9 10; do
        "measure_$1" || return
        compares 1 "$1_a" "$1_c" && says '^SLOWER .* loaded ' && found=$((found + 1))
        compares 0 "$1_a" "$1_b" || alarms=$((alarms + 1))
    done
    echo "$1: of 10, $found slower ones found, $alarms false alarms" >>"$tap_scratch/counts"
    [ "$alarms" -le 1 ]
}
# shellcheck disable=SC2086
measure_alone() { both alone_a alone_c && measure plain alone_b $alone; }
# shellcheck disable=SC2046
measure_contended() {
    measure plain contended_a $(contended 15 40) && measure plain contended_b $(contended 15 40) &&
        measure slow contended_c $(contended 15 40)
}
ten_alone() { ten_times alone && [ "$found" -ge 5 ]; }
if [ -n "${LONG:-}" ]; then
    try "alone, of ten slower ones half are found at least, with one false alarm at most" ten_alone
    try "contended, one false alarm at most" ten_times contended # how many are found, depends on who else contends
    sed 's/^/# /' "$tap_scratch/counts"
fi
finish
