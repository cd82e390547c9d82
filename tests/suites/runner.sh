#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# runner.sh: tests/run must not be content with less than it was promised: each way to cheat it, planted.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
require build/release/pawl

# plant NAME: a program made of standard input
plant() {
    { echo '#!/bin/sh'; cat; } >"$tap_scratch/$1"
    chmod +x "$tap_scratch/$1"
}

# closes_with STATUS LINE PROGRAM...: that exit status, and that last line
closes_with() {
    local want=$1 line=$2 said status
    shift 2
    set -- "${@/#/$tap_scratch/}"
    said=$(LIMIT=${LIMIT:-20} LOGS=$tap_scratch/logs CI=${CI_WANTED:-} tests/run "${@/#*--/--}" 2>&1)
    status=$?
    echo "exit status $status; it said: $said"
    [ "$status" = "$want" ] && [ "$(tail -n 1 <<<"$said")" = "$line" ]
}

plant good <<<'printf "1..2\nok 1 - a\nok 2 - b\n"'
plant bad <<<'printf "1..2\nok 1 - a\nnot ok 2 - b\n"; exit 1'
plant quiet_bad <<<'printf "1..2\nok 1 - a\nnot ok 2 - b\n"'
plant crash <<<'printf "1..2\nok 1 - a\n"; kill -SEGV $$'
plant late_crash <<<'printf "1..1\nok 1 - a\n"; kill -SEGV $$'
plant status <<<'printf "1..1\nok 1 - a\n"; exit 3'
plant planless <<<'echo "ok 1 - a"'
plant empty <<<'echo 1..0'
plant mute <<<'exit 0'
plant short <<<'printf "1..3\nok 1 - a\n"'
plant long <<<'printf "1..1\nok 1 - a\nok 2 - b\n"'
plant hang <<<'printf "1..1\nok 1 - a\n"; sleep 60'
# It waits for a lock that somebody has, and has a child with a process group of its own.
plant hang_behind_a_lock <<END
export PAWL_DIR=$tap_scratch/spaces; mkdir -p "\$PAWL_DIR"; setsid sleep 77 &
build/release/pawl run taken sleep 78 & sleep 1; build/release/pawl run taken true
END
plant skip <<<'printf "1..2\nok 1 - a\nok 2 - b # SKIP no futex_waitv\n"'
plant cmocka_skip <<<'printf "1..1\nnot ok 1 # SKIP b\n"'
plant all_skipped <<<'echo "1..0 # SKIP no kernel"'

# Each of these waits for the other: they pass only when they run at the same time. The second ends first.
plant ping <<END
cd "$tap_scratch" && touch ping.here; until [ -e pong.here ]; do sleep 0.01; done; sleep 0.3; echo "ok 1 - a"; echo 1..1
END
plant pong <<END
cd "$tap_scratch" && touch pong.here; until [ -e ping.here ]; do sleep 0.01; done; echo "ok 1 - a"; echo 1..1
END
# Counts how many of its kind run at the same time; true if never more than two.
plant counted <<END
cd "$tap_scratch" && mkdir -p running && touch running/\$\$ && sleep 0.2
[ "\$(ls running | wc -l)" -le 2 ] || printf "not "; echo "ok 1 - a"; echo 1..1; rm running/\$\$
END
for i in 1 2 3 4 5; do cp "$tap_scratch/counted" "$tap_scratch/counted$i"; done

in_order() {
    local said
    said=$(LOGS=$tap_scratch/logs tests/run --together "$tap_scratch"/{ping,bad,pong} --apart "$tap_scratch/skip")
    echo "$said"
    [ "$(grep -oE '(ping|bad|pong|skip) +[0-9]+ passed' <<<"$said" | cut -d' ' -f1 | xargs)" = 'ping bad pong skip' ]
}
# Says how willing it is to let others go first.
plant nice <<<'[ "$(nice)" = 19 ] || printf "not "; echo "ok 1 - a"; echo 1..1'
plant not_nice <<<'[ "$(nice)" = "$NICE" ] || printf "not "; echo "ok 1 - a"; echo 1..1'
NICE=$(nice)
export NICE

usage() { tests/run --together; [ $? = 64 ]; }
two_jobs() { JOBS=2 closes_with "$@"; }
one_second() { LIMIT=1 closes_with "$@"; }
in_ci() { CI_WANTED=true closes_with "$@"; }
# The log of the last program has all of these.
log_has() {
    local text
    for text; do
        grep -q -- "$text" "$tap_scratch"/logs/*hang_behind_a_lock.log || { echo "not in the log: $text"; cat "$tap_scratch"/logs/*hang_behind_a_lock.log; return 1; }
    done
}
# shellcheck disable=SC2317
few_seconds() { LIMIT=3 closes_with "$@"; }
gone() { sleep 0.2; refuses pgrep -f 'pawl run taken'; }
has_stacks() { ! command -v gdb >/dev/null || log_has '#[0-9].* in '; }
# A test's own watchdog says the same.
barks() {
    printf '#include "tests/lib/harness.h"\n#include <unistd.h>\nint main(void) { watchdog(1); for (;;) pause(); }\n' >"$tap_scratch/barks.c"
    cc -D_GNU_SOURCE -I. -o "$tap_scratch/barks" "$tap_scratch/barks.c" tests/lib/harness.c tests/lib/asleep.c tests/lib/tap.c || return
    "$tap_scratch/barks" >"$tap_scratch/barks.said" 2>&1
    [ $? = 124 ] && cat "$tap_scratch/barks.said" && grep -q 'watchdog: hung' "$tap_scratch/barks.said" && grep -q '  thread [0-9]* barks: ' "$tap_scratch/barks.said"
}
names_the_skip() { LOGS=$tap_scratch/logs tests/run "$tap_scratch/skip" | grep -q '^skipped: .*skip: b: no futex_waitv$'; }
shows_the_failure() { LOGS=$tap_scratch/logs tests/run "$tap_scratch/bad" | grep -q '^ *not ok 2 - b$'; }

try "all pass" closes_with 0 "2 passed, 0 failed, 0 skipped" good
try "sums over programs" closes_with 1 "5 passed, 2 failed, 1 skipped" good bad status skip
try "a failed assertion" closes_with 1 "1 passed, 1 failed, 0 skipped" bad
try "a failed assertion and exit status 0" closes_with 1 "1 passed, 1 failed, 0 skipped" quiet_bad
try "a crash in the middle" closes_with 1 "1 passed, 1 failed, 0 skipped" crash
try "a crash after the last test" closes_with 1 "1 passed, 1 failed, 0 skipped" late_crash
try "an exit status nobody explains" closes_with 1 "1 passed, 1 failed, 0 skipped" status
try "no plan" closes_with 1 "1 passed, 1 failed, 0 skipped" planless
try "a plan of nothing" closes_with 1 "0 passed, 1 failed, 0 skipped" empty
try "nothing said at all" closes_with 1 "0 passed, 1 failed, 0 skipped" mute
try "fewer tests than planned" closes_with 1 "1 passed, 1 failed, 0 skipped" short
try "more tests than planned" closes_with 1 "2 passed, 1 failed, 0 skipped" long
try "a program that is not there" closes_with 1 "0 passed, 1 failed, 0 skipped" absent
try "a program that does not end" one_second 1 "1 passed, 1 failed, 0 skipped" hang
try "one that hangs behind a lock" few_seconds 1 "0 passed, 1 failed, 0 skipped" hang_behind_a_lock
try "its log has every process of it" log_has "process [0-9]*: build/release/pawl run taken true" "sleep 78" "sleep 77"
try "and where its threads are" log_has '  thread [0-9]* pawl: .* in .* system call [0-9]'
try "and their stacks, where there is a debugger" has_stacks
try "and the segment, and the lock" log_has "^segment $tap_scratch/spaces/pawl\." 'taken .*held\|held.*taken\|taken '
try "and nothing of it goes on" gone
try "a test's own watchdog tells the same" barks
try "a skip is no failure" closes_with 0 "1 passed, 0 failed, 1 skipped" skip
try "a skip as cmocka says it" closes_with 0 "0 passed, 0 failed, 1 skipped" cmocka_skip
try "all of a program skipped" closes_with 0 "0 passed, 0 failed, 1 skipped" all_skipped
try "a skip is a failure in CI" in_ci 1 "1 passed, 0 failed, 1 skipped" skip
try "CI without skips" in_ci 0 "2 passed, 0 failed, 0 skipped" good
try "some run together" closes_with 0 "2 passed, 0 failed, 0 skipped" --together ping pong
try "and are counted as ever" closes_with 1 "7 passed, 3 failed, 1 skipped" good --together bad crash absent skip --apart good
try "and told of in their order" in_order
try "one of those beneath runs with them" closes_with 0 "2 passed, 0 failed, 0 skipped" --together ping --beneath pong
try "and gives way to them" closes_with 0 "3 passed, 0 failed, 0 skipped" --together not_nice --beneath nice --apart not_nice
try "those beneath are counted as ever" closes_with 1 "5 passed, 3 failed, 1 skipped" --together bad --beneath crash absent skip --apart good
try "no more than JOBS of them" two_jobs 0 "5 passed, 0 failed, 0 skipped" --together counted1 counted2 counted3 counted4 counted5
try "one that does not end is ended" few_seconds 1 "3 passed, 1 failed, 0 skipped" --together hang good
try "nothing to run is wrong usage" usage
try "skips are named" names_the_skip
try "failures are shown" shows_the_failure
finish
