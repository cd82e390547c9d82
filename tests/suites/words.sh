#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# words.sh: no unfinished work and no path of somebody's machine in what is committed; each C file says what it is for.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch

# The words are put together here, or this file would be the first to contain them.
unfinished="\\b(TO""DO|FIX""ME|X""XX)\\b"
places="(^|[^[:alnum:]_./~-])/(ho""me|ro""ot|Us""ers|wo""rk|works""pace|m""nt|bui""lds)(/|\\b)"

# What is committed, or about to be; all but build/ where there is no git.
files() {
    git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -print0
}
files | xargs -0 sh -c 'for f; do [ ! -f "$f" ] || printf "%s\0" "$f"; done' - >"$tap_scratch/files"

# lacks PATTERN [FILES0]: shows the lines that have it
lacks() { ! xargs -0 grep -nEI -e "$1" <"${2:-$tap_scratch/files}"; }
enough() { [ "$(tr -dc '\0' <"$tap_scratch/files" | wc -c)" -gt 20 ]; }
sees() {
    printf '%s\n' "$2" >"$tap_scratch/planted"
    printf '%s\0' "$tap_scratch/planted" >"$tap_scratch/planted0"
    ! lacks "$1" "$tap_scratch/planted0"
}
licensed() { ! grep -zE '\.(c|h|sh|awk)$' "$tap_scratch/files" | xargs -0 grep -LF 'SPDX-License-Identifier: BSD-2-Clause' | grep .; }
explained() {
    ! grep -zE '\.[ch]$' "$tap_scratch/files" | while IFS= read -r -d '' f; do
        head -n 2 "$f" | grep -qE "^/\*\*? ${f##*/}: " || echo "$f: the second line does not say /* ${f##*/}: ..."
    done | grep .
}

try "there are files to look at" enough
try "no unfinished work" lacks "$unfinished"
try "no path of a machine" lacks "$places"
try "a licence line in each source" licensed
try "a first paragraph in each C file" explained
try "a planted word is seen" sees "$unfinished" "/* TO""DO later */"
try "a planted path is seen" sees "$places" "cd /ho""me/me/pawl"
try "a planted path at the start is seen" sees "$places" "/ro""ot/x"
try "mktemp's letters are no such word" refuses sees "$unfinished" "mktemp pawl.XX""XXXX"
finish
