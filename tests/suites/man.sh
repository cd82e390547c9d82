#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# man.sh: the manual is true: all that is public is in it, what it declares is so, and its programs do what it says they do.
#
# The last line of notes counts: what is public and not documented, what mandoc has to say, programs that were compiled and run.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
require build/release/libpawl.a build/release/pawl
export PAWL_DIR=$tap_scratch/spaces
mkdir "$PAWL_DIR"
pages=(src/man/*.[1-9])
libraries=$(pkg-config --libs liburcu-bp liburcu-cds)
mdoc() { awk -v want="$1" "${@:3}" -f tests/lib/mdoc.awk "$2"; }

# ---- mandoc ----

lint() { mandoc -T lint -W warning "$@"; }
for page in "${pages[@]}"; do
    lint "$page" >>"$tap_scratch/lint" 2>&1
    try "${page##*/}: mandoc has no warning" lint "$page"
done
printf '.Dd November 27, 2026\n.Dt X 3\n.Os\n.Sh NAME\n.Nm x\n.Nd y\n.Sh DESCRIPTION\n.Bl -tag\n.It Sx Nowhere\n' >"$tap_scratch/x.3"
try "a list that does not end is seen" refuses lint "$tap_scratch/x.3"

# ---- what is public ----

bare() { for header; do gcc -w -fpreprocessed -dD -E -P -x c "$header"; done; }
# Every name with our prefix but those that end in _, which are the headers' own, and the guards of the headers.
words() { grep -oE '\b(pawl|PAWL)_[A-Za-z0-9_]+' | grep -vE '_$|^PAWL_.*_HP*$' | sort -u; }
# Fields of structures that callers fill in or read: not of those that are 'all of it private to this file'.
fields() {
    sed -E 's/\[[^]]*\]//g; s/\(\*([a-z_]+)\)\(.*\)/\1/' | awk '
        /^(typedef )?struct .*pawl_(space_options|space_stats|remote_info|lock_info|lock_bounds|thread_info|times|grant|remote_op|remote_event|remote_config|backend|fence) \{/ { inside = 1; next }
        /^}/ { inside = 0 }
        inside' | grep -oE '[a-z_]+ *[,;]' | grep -oE '[a-z_]+' | sort -u
}
# Symbols, and what the headers define; a structure by the name of its type.
public() { spelled | awk '{ word[$0] } END { for (w in word) if (!(w "_t" in word)) print w }'; }
spelled() { { sed -nE 's/^[[:space:]]+(pawl[a-z0-9_]*);$/\1/p' src/pawl.map && bare include/pawl/*.h; } | words && bare include/pawl/*.h | fields; }
functions() {
    printf '#include <pawl/%s>\n' pawl.h remote.h | gcc -std=c11 -Iinclude -fsyntax-only -aux-info "$tap_scratch/aux" -x c - &&
        sed -nE 's,^/\* include/pawl/[^*]*\*/ (extern|static) .*[ *](pawl_[a-z0-9_]*) \(.*,\2,p' <(sed -E 's/\(\*\).*//' "$tap_scratch/aux") |
        grep -v '_$' | sort -u
}
words_of_pages() { cat src/man/*.[37] | tr -c 'A-Za-z0-9_\n' ' ' | tr ' ' '\n' | sort -u; }
for page in src/man/*.3; do mdoc prototypes "$page" && mdoc names "$page" >&3; done >"$tap_scratch/declared" 3>"$tap_scratch/names"
words_of_pages >"$tap_scratch/said"
said() { cat "$tap_scratch/said"; }
named() { sort "$tap_scratch/names"; }
declared() { cat "$tap_scratch/declared"; }

public | sort -u >"$tap_scratch/public"
functions >"$tap_scratch/functions"
{
    comm -23 "$tap_scratch/public" <(said)                                                  # not a word
    comm -23 "$tap_scratch/functions" <(named | sort -u) | sed 's/$/ (in no NAME)/'         # no page of its own
    comm -23 "$tap_scratch/functions" <(declared | words) | sed 's/$/ (in no SYNOPSIS)/' # not how it is called
} >"$tap_scratch/undocumented"
none() { [ -s "$1" ] && cat "$1" && return 1 || return 0; }
enough() { [ "$(wc -l <"$1")" -gt "$2" ]; }
has_all() { local word; for word; do grep -qx "$word" "$tap_scratch/public" || { echo "no $word"; return 1; }; done; }
try "what is public: a list at all" enough "$tap_scratch/public" 200
try "a function, an inline one, a macro, a type, a constant, a field" has_all pawl_select pawl_spin_lock PAWL_GUARD pawl_grant_t \
    PAWL_STATE_DEAD max_handoffs submit
try "nothing public is missing from the manual" none "$tap_scratch/undocumented"
try "what is missing would be seen" test -n "$(comm -23 <(echo pawl_nowhere) <(said))"
try "no name is on two pages" none <(named | uniq -d)
gone() { comm -13 <(bare include/pawl/*.h | words) <(declared | words) | grep . && return 1 || return 0; }
try "what is declared in the manual exists" gone

# ---- what it declares ----

agrees() { declared | { cat && printf '%s\n' "${@:2}"; } | "$1" -std=c11 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c -; }
try "declarations: a list at all" enough <(declared) 80
for cc in gcc clang; do
    try "they are the headers', $cc" agrees $cc
done
try "another argument is seen" refuses agrees gcc 'int pawl_lock_release(int lock);'
try "another result is seen" refuses agrees gcc 'void pawl_spin_trylock(pawl_spin_t *s);'

# ---- what it refers to ----

targets() { sed -nE 's/^\.Xr (pawl[a-z_]*) ([0-9]).*/\1.\2/p' "${pages[@]}" | sort -u; }
there() { { for page in "${pages[@]}"; do echo "${page##*/}"; [[ $page != *.3 ]] || mdoc names "$page" | sed 's/$/.3/'; done; } | sort -u; }
dangling() { comm -23 <(targets) <(there) | grep . && return 1 || return 0; }
try "references: a list at all" enough <(targets) 20
try "each leads somewhere" dangling

# ---- its programs ----

# built COMPILER FILE; works FILE: it does what is said below it
built() {
    local language=()
    ! grep -q '\.hpp>$' "$2" || language=(-std=c++11 -xc++)
    "$1" "${language[@]}" -Wall -Wextra -Wpedantic -Werror -D_GNU_SOURCE -Iinclude "$2" -o "$2.program" -xnone build/release/libpawl.a $libraries -pthread -lstdc++
}
works() {
    local printed status
    printed=$(timeout 60 "$1.program")
    status=$?
    echo "exit status $status; it printed: $printed"
    [ $status = 0 ] && [ -s "$1.says" ] && [ "$printed" = "$(cat "$1.says")" ]
}
examples=0
for page in "${pages[@]}"; do
    name=${page##*/}
    n=$(mdoc programs "$page" -v out="$tap_scratch/$name")
    [[ $page != *.3 ]] || try "$name has a program" test "$n" -gt 0
    for ((i = 1; i <= n; i++)); do
        mv "$tap_scratch/$name.$i" "$tap_scratch/$name.$i.c" && mv "$tap_scratch/$name.$i.says" "$tap_scratch/$name.$i.c.says"
        for cc in gcc clang; do
            try "$name: program $i compiles, $cc" built $cc "$tap_scratch/$name.$i.c"
            try "$name: it does what it says, $cc" works "$tap_scratch/$name.$i.c"
        done
        examples=$((examples + 1))
    done
done
echo 'something else' >"$tap_scratch/pawl_spin.3.1.c.says"
try "a program that says something else is seen" refuses works "$tap_scratch/pawl_spin.3.1.c"
left() { find "$PAWL_DIR" -mindepth 1 ! -name 'pawl.*+floor' | grep . && return 1 || return 0; }
try "no space is left behind" left

# ---- the command ----

pawl=build/release/pawl
subcommands() { $pawl --help | sed -nE 's/^  ([a-z]+)  +.*/\1/p'; }
# Its options in --help, and whether pawl(1) has them.
has_subcommand() { grep -qx "\.Ss pawl $1" src/man/pawl.1; }
options() { $pawl "$1" --help | grep -oE -- '--[a-z-]+' | sort -u | grep -vE -- '^--(help|usage|version)$'; }
has_options() {
    local option bad=0
    for option in $(options "$1"); do
        grep -qE -- "(^\.|[ ,])(It )?.*[ ]-${option#--}( |$)" src/man/pawl.1 || { echo "no $option"; bad=1; }
    done
    return $bad
}
try "pawl --help: a list of subcommands" enough <(subcommands) 6
for sub in $(subcommands); do
    try "pawl(1) has $sub" has_subcommand "$sub"
    [ "$sub" = bench ] || try "and its options" has_options "$sub"
done

echo "# $(wc -l <"$tap_scratch/undocumented") undocumented public symbols, $(wc -l <"$tap_scratch/lint") lint warnings, $examples examples compiled and run"
finish
