#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# symbols.sh: what the library exports, what src/pawl.map lists and what the headers declare are one and the same.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
version=$(sed -n 's/^VERSION *:= *//p' Makefile)
so=build/release/libpawl.so.$version
require "$so" build/release/libpawl.a

# Every function the headers declare or define, inlines too, and every variable. A name that ends with _ is not for users:
# inline it is the header's own, and no symbol; extern it is the other half of an inline function, and must be one.
functions() {
    printf '#include <pawl/%s>\n' pawl.h remote.h | gcc -std=c11 -Iinclude -fsyntax-only -aux-info "$tap_scratch/aux" -x c - &&
        sed -nE 's,^/\* include/pawl/[^*]*\*/ (extern|static) .*[ *](pawl_[a-z0-9_]*) \(.*,\1 \2,p' \
            <(sed -E 's/\(\*\).*//' "$tap_scratch/aux") | sed -E '/^static .*_$/d; s/.* //'
}
variables() { sed -nE 's,^extern PAWL_API [a-z0-9_ ]*[ *](pawl_[a-z0-9_]+)( __attribute__.*)?;$,\1,p' include/pawl/*.h; }
declared() { { functions && variables; } | sort -u; }
listed() { sed -nE 's/^[[:space:]]+(pawl[a-z0-9_]*);$/\1/p' src/pawl.map | sort; }
exported() { nm -D --defined-only "$so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort; }

declared >"$tap_scratch/declared"
listed >"$tap_scratch/listed"
exported >"$tap_scratch/exported"

kinds() { [ "$(grep -cxE 'pawl_(self_|version|spin_lock|mutex_wait_)' "$tap_scratch/declared")" = 4 ]; }
headers_own() { grep -xE 'pawl_(mutex_take|spin_wait|guard_drop)_' "$tap_scratch/declared"; }
enough() { [ "$(wc -l <"$tap_scratch/$1")" -gt 20 ]; }
versioned() { nm -D --defined-only "$so" | awk '$2 != "A" && $3 !~ /@@PAWL_[0-9]+\.[0-9]+$/ { print; bad = 1 } END { exit bad }'; }
soname() { readelf -d "$so" | grep -q 'soname: \[libpawl.so.0\]'; }
nodelete() { readelf -d "$so" | grep -q NODELETE; }
needs_only() { readelf -d "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc|liburcu-(bp|cds|common)|ld-linux.*)\.so'; }
prefixed() { nm -g --defined-only build/release/libpawl.a | awk 'NF == 3 && $3 !~ /^pawl_|^_\.stapsdt\.base$/ { print; bad = 1 } END { exit bad }'; }
# A thread's number lies where the hot path finds it by one instruction; a library that is opened late still has to fit in.
thread_local() { readelf -W --dyn-syms "$so" | grep -qE ' TLS .* pawl_self_(@|$)'; }
opened_late() {
    echo '#include <dlfcn.h>
        #include <stdio.h>
        int main(int argc, char **argv) { return argc < 2 || dlopen(argv[1], RTLD_NOW) ? 0 : (puts(dlerror()), 1); }' |
        gcc -x c - -o "$tap_scratch/late" && "$tap_scratch/late" "./$so"
}
header_version() {
    [ "$(sed -n 's/^#define PAWL_VERSION_[A-Z]* //p' include/pawl/base.h | paste -sd.)" = "$version" ]
}

for set in declared listed exported; do
    try "$set: a list at all" enough $set
done
try "declared: a variable, a function, an inline one, another half" kinds
try "declared: nothing that is the header's own" refuses headers_own
try "the map lists what the headers declare" diff "$tap_scratch/declared" "$tap_scratch/listed"
try "the library exports what the map lists" diff "$tap_scratch/listed" "$tap_scratch/exported"
try "each with a version node" versioned
try "soname" soname
try "never unmapped by dlclose" nodelete
try "the thread's number is thread-local" thread_local
try "dlopen finds room for it" opened_late
try "needs liburcu and libc, nothing else" refuses needs_only
try "the static library defines nothing without our prefix" prefixed
try "the version of the Makefile is that of the headers" header_version
finish
