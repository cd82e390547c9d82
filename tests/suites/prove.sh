#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# prove.sh: the table of proofs believes a command only what it has said, and its rows are in order.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch

# table STATUS LINE: of the rows on standard input
table() {
    local status
    cat >"$tap_scratch/rows"
    said=$(ROWS=$tap_scratch/rows OUT=$tap_scratch/out ROW_LIMIT=${ROW_LIMIT:-60} ONLY='' LONG=${LONG:-} tests/prove/prove.sh 2>&1)
    status=$?
    echo "exit status $status; it said: $said"
    [ "$status" = "$1" ] && grep -q "$2" <<<"$said"
}
good='good: 1 | p "q" | m | echo "# 5 kills, 3 stops"; echo "# 1,007 kills" | exit 9 | kills=([\d,]+) kills; stops=(\d+) stops | 1 |'
holds() { table 0 'good: 1 .*1012 kills, 3 stops  holds' <<<"$good"; }
fails() { table 1 'bad .*FAILED, exit status 3' <<<"$good"$'\nbad | p | m | echo 5 kills; exit 3 | x | kills=(\\d+) kills | 1 |'; }
says_nothing() { table 1 'mute .*no figures' <<<'mute | p | m | true | x | kills=(\d+) kills | 1 |'; }
did_nothing() { table 1 'idle .*no figures' <<<'idle | p | m | echo 0 kills | x | kills=(\d+) kills | 1 |'; }
hangs() { ROW_LIMIT=2 table 1 'slow .*no end after 2 s' <<<'slow | p | m | echo 5 kills; sleep 60 | x | kills=(\d+) kills | 1 |'; }
left_out() { table 0 '1 of 2 rows hold, 0 do not, 1 left out' <<<"$good"$'\nother | p | m | false | x | kills=(\\d+) kills | 1 | tests/nothing'; }
for_long_only() { table 0 'left out: LONG=1 only' <<<"$good"$'\nother | p | m | - | x | kills=(\\d+) kills | 1 |'; }
out_of_time() { TIME=0 table 1 'not begun: 0 s are over' <<<"$good"; }
nothing_left() { table 1 '0 of 1 rows hold' <<<'other | p | m | false | x | kills=(\d+) kills | 1 | tests/nothing'; }
long_form() { said=$(ROWS=$tap_scratch/rows OUT=$tap_scratch/out LONG=1 tests/prove/prove.sh 2>&1); [ $? = 1 ] && grep -q 'exit status 9' <<<"$said"; }
as_json() {
    cat "$tap_scratch/out.json"
    grep -q '"name": "good: 1", "property": "p \\"q\\"", .*"scale": "1012 kills, 3 stops", "result": "holds"' "$tap_scratch/out.json" &&
        { ! perl -MJSON::PP -e1 2>/dev/null || perl -MJSON::PP -0777 -ne 'decode_json($_)->{rows}[0]{seconds} >= 0 or exit 1' "$tap_scratch/out.json"; }
}
# Each of two rows waits for the other one; one that needs all CPUs waits for nobody, and nobody waits for it.
side_by_side() {
    local d=$tap_scratch/met
    rm -rf "$d" && mkdir "$d"
    JOBS=2 table 0 '3 of 3 rows hold' <<<"one | p | m | touch $d/1; until [ -e $d/2 ]; do sleep 0.1; done; rm $d/1; echo 1 kill | x | kills=(\\d+) kill | 1 |
two | p | m | touch $d/2; while [ -e $d/1 ]; do sleep 0.1; done; echo 1 kill | x | kills=(\\d+) kill | 1 |
alone | p | m | [ ! -e $d/1 ] && rm $d/2 && echo 1 kill | x | kills=(\\d+) kill | all |"
}
least() { printf 'least | kills %s\n%s\n' "$1" "${good/exit 9/echo 5 kills; echo 1 stops}"; }
enough() { LONG=1 table 0 'in all: 5 kills' < <(least 5); }
too_few() { LONG=1 table 1 'in all less than kills 6' < <(least 6); }
few_will_do() { table 0 'in all: 1,012 kills' < <(least 2000); }
saved() {
    # shellcheck disable=SC2016 # Markdown
    SAVE=$tap_scratch/saved table 0 'rows hold' <<<"$good" && cat "$tap_scratch/saved" &&
        grep -q '^| good: 1 | p "q" | m | 1012 kills, 3 stops | holds | [0-9]* | [0-9]* | `echo .*; echo "# 1,007 kills"` |$' "$tap_scratch/saved"
}
# shellcheck disable=SC2016 # the row's
for_itself() { T=7 SEED=7 MAKEFLAGS=-- table 0 'rows hold' <<<'own | p | m | [ -z "$T$SEED$LONG$ONLY$MAKEFLAGS" ] && [ -n "$LOGS" ] && echo 1 kill | x | kills=(\d+) kill | 1 |'; }
# The rows there are: their fields, and expressions that can be compiled and have a group.
in_order() {
    # shellcheck disable=SC2016 # perl
    grep -v '^#\|^least |' tests/prove/rows | perl -F'\|' -lane '
        @F == 8 || @F == 7 or print("$.: fields: " . @F), $bad = 1;
        $F[6] =~ /^ *(\d+|all) *$/ or print("$.: CPUs: $F[6]"), $bad = 1;
        for (split /\s*;\s*/, $F[5]) { s/^\s+|\s+$//g; my ($e) = /^[^=]+=(.*)$/ or print("$.: $_"), $bad = 1; eval { qr/$e/ } or print("$.: $e"), $bad = 1; $e =~ /\((?!\?)/ or print("$.: no group: $e"), $bad = 1; }
        END { exit($bad ? 1 : 0) }'
}

try "a row holds" holds
try "and stands in the JSON" as_json
try "the long form is another command" long_form
try "a command fails" fails
try "a command says nothing of what it did" says_nothing
try "a command did nothing" did_nothing
try "a command does not end" hangs
try "a row that cannot be here" left_out
try "a row for hours" for_long_only
try "no time left" out_of_time
try "nothing but such rows" nothing_left
try "rows at the same time, and one alone" side_by_side
try "the long form comes to what it has to" enough
try "or has failed" too_few
try "which the short form need not" few_will_do
try "the table in Markdown" saved
try "what was said to us is not said to a row" for_itself
try "the rows there are" in_order
finish
