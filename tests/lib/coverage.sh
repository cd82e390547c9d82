#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# coverage.sh: what the counts of an instrumented run say of the library (`make coverage`): for each file the lines and branches
# that were reached, and in build/coverage/uncovered those that were not, with their lines.
#
# Why not, in classes that tests/lib/uncovered argues; in build/coverage/unexplained those that are of none.
# A branch that is reached in one object of an inline function is reached. Processes that are killed leave no counts, so what only
# those do that die (and they are many here) counts as not reached.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
built=build/coverage
mapfile -t counts < <(find "$built" -name '*.gcda' | sort)
[ ${#counts[@]} != 0 ] || { echo "no counts in $built: was it run?" >&2; exit 1; }

# One line each: FILE LINE TIMES TEXT, and FILE LINE branch NUMBER TIMES
read_counts() {
    local count
    for count in "${counts[@]}"; do gcov -b -c -t "$count" 2>/dev/null; done | awk '
        /^ *-: *0:Source:/ { sub(/^.*Source:/, ""); file = $0; next }
        file !~ /^(src\/(core|space|remote)|include)\// { next }
        /^branch/ { print file "\t" line "\tbranch\t" $2 "\t" ($3 == "taken" ? $4 : 0); next }
        /^(call|function|---)/ { next }
        /^ *[-#=0-9]/ {
            n = index($0, ":"); times = substr($0, 1, n - 1); rest = substr($0, n + 1)
            n = index(rest, ":"); line = substr(rest, 1, n - 1) + 0; text = substr(rest, n + 1)
            gsub(/[ *]/, "", times); gsub(/[ \t]+/, " ", text)
            if (line > 0 && times != "-") print file "\t" line "\t" (times ~ /^[0-9]/ ? times : 0) "\t" text
        }'
}

read_counts | awk -F'\t' -v uncovered="$built/uncovered" '
    $3 == "branch" { k = $1 SUBSEP $2 SUBSEP $4; if (!(k in branch)) { branch[k] = 0; branches[$1]++ }
        if ($5 > 0 && !branch[k]) { branch[k] = 1; taken[$1]++ } next }
    { k = $1 SUBSEP $2; text[k] = $4; if (!(k in lines)) { lines[k] = 0; all[$1]++ }
        if ($3 > 0 && !lines[k]) { lines[k] = 1; hit[$1]++ } }
    function part(a, b) { return b ? sprintf("%5.1f %%", 100 * a / b) : "    - %" }
    END {
        for (k in lines) if (!lines[k]) { split(k, at, SUBSEP); print at[1] ":" at[2] ": never: " text[k] | "sort -t: -k1,1 -k2,2n >" uncovered }
        for (k in branch) { split(k, at, SUBSEP); l = at[1] SUBSEP at[2]; if (!branch[k] && lines[l]) once[l] = once[l] " " at[3] }
        for (l in once) { split(l, at, SUBSEP); print at[1] ":" at[2] ": branch" once[l] ": " text[l] | "sort -t: -k1,1 -k2,2n >" uncovered }
        for (f in all) {
            printf "%-34s %s of %4d lines  %s of %4d branches\n", f, part(hit[f], all[f]), all[f], part(taken[f], branches[f]), branches[f] | "sort"
            h += hit[f]; a += all[f]; t += taken[f]; b += branches[f]
        }
        close("sort")
        printf "%-34s %s of %4d lines  %s of branches, which are %d; the others: %s\n", "total", part(h, a), a, part(t, b), b, uncovered
    }'

awk -v unexplained="$built/unexplained" '
    BEGIN { printf "" >unexplained }
    FNR == NR { if (/^#/) next; n++; split($0, f, " [|] "); class[n] = f[1]; file[n] = f[2]; text[n] = f[3]; why[n] = f[4]; next }
    {
        all++; at = index($0, ":"); name = substr($0, 1, at - 1); rest = substr($0, at)
        split(rest, field, ":"); line = field[2] + 0
        for (i = 1; i <= n && !(name ~ file[i] && $0 ~ text[i]); i++)
            ;
        # What is done in a case that is of a class is of that class.
        if (i > n && rest ~ /: never:/ && name == last_name && line - last_line <= 3) i = last
        last_name = name; last_line = line; last = i
        if (i <= n) of[i]++; else { none++; print >unexplained }
    }
    END {
        for (i = 1; i <= n; i++) printf "%5d  %-9s %s\n", of[i], class[i], why[i]
        printf "uncovered: %d lines, %d of no class: %s\n", all, none, unexplained
        exit 10 * none > all # most of them are argued, or somebody has to look
    }' tests/lib/uncovered "$built/uncovered"
