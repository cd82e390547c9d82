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
    said=$(ROWS=$tap_scratch/rows OUT=$tap_scratch/out ROW_LIMIT=2 ONLY='' LONG='' tests/prove/prove.sh 2>&1)
    status=$?
    echo "exit status $status; it said: $said"
    [ "$status" = "$1" ] && grep -q "$2" <<<"$said"
}
good='good | p "q" | m | echo "# 5 kills, 3 stops"; echo "# 1,007 kills" | exit 9 | kills=([\d,]+) kills; stops=(\d+) stops |'
holds() { table 0 'good .*1012 kills, 3 stops  holds' <<<"$good"; }
fails() { table 1 'bad .*FAILED, exit status 3' <<<"$good"$'\nbad | p | m | echo 5 kills; exit 3 | x | kills=(\\d+) kills |'; }
says_nothing() { table 1 'mute .*no figures' <<<'mute | p | m | true | x | kills=(\d+) kills |'; }
did_nothing() { table 1 'idle .*no figures' <<<'idle | p | m | echo 0 kills | x | kills=(\d+) kills |'; }
hangs() { table 1 'slow .*no end after 2 s' <<<'slow | p | m | echo 5 kills; sleep 60 | x | kills=(\d+) kills |'; }
left_out() { table 0 '1 of 2 rows hold, 0 do not, 1 left out' <<<"$good"$'\nother | p | m | false | x | kills=(\\d+) kills | tests/nothing'; }
for_long_only() { table 0 'left out: LONG=1 only' <<<"$good"$'\nother | p | m | - | x | kills=(\\d+) kills |'; }
out_of_time() { TIME=0 table 1 'not begun: 0 s are over' <<<"$good"; }
nothing_left() { table 1 '0 of 1 rows hold' <<<'other | p | m | false | x | kills=(\d+) kills | tests/nothing'; }
long_form() { said=$(ROWS=$tap_scratch/rows OUT=$tap_scratch/out LONG=1 tests/prove/prove.sh 2>&1); [ $? = 1 ] && grep -q 'exit status 9' <<<"$said"; }
as_json() {
    cat "$tap_scratch/out.json"
    grep -q '"name": "good", "property": "p \\"q\\"", .*"scale": "1012 kills, 3 stops", "result": "holds"' "$tap_scratch/out.json" &&
        { ! perl -MJSON::PP -e1 2>/dev/null || perl -MJSON::PP -0777 -ne 'decode_json($_)->{rows}[0]{seconds} >= 0 or exit 1' "$tap_scratch/out.json"; }
}
# The rows there are: seven fields, and expressions that can be compiled and have a group.
in_order() {
    # shellcheck disable=SC2016 # perl
    grep -v '^#' tests/prove/rows | perl -F'\|' -lane '
        @F == 6 || @F == 7 or print("$.: fields: " . @F), $bad = 1;
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
try "the rows there are" in_order
finish
