#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# ck.sh: each adapter of tests/ck is what concurrencykit's lock regressions take a lock to be, and the lock behind it excludes.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
require build/release/libpawl.a

# build ADAPTER: with what a user of ck has: its headers, no feature macro of ours
build() {
    # shellcheck disable=SC2046 # flags
    gcc -O2 -D_GNU_SOURCE -Iinclude -Itests/ck "-I$tap_scratch" -DADAPTER="\"$1\"" $(pkg-config --cflags ck) -o "$tap_scratch/validate" \
        tests/ck/validate.c build/release/libpawl.a $(pkg-config --libs liburcu-bp liburcu-cds) -pthread
}
validates() { timeout 60 "$tap_scratch/validate" "$@"; }
# No lock at all, and one that never admits to being held.
plant() {
    printf '#define LOCK_NAME "%s"\n#define LOCK_DEFINE static int lock\n#define LOCK lock++\n#define UNLOCK lock--\n%s\n' "$@" \
        >"$tap_scratch/$1.h"
}
kinds() { [ "$(find tests/ck -name 'ck_pawl_*.h' | wc -l)" -ge 6 ]; }

try "there are adapters" kinds
for adapter in tests/ck/ck_pawl_*.h; do
    adapter=${adapter##*/}
    try "$adapter builds" build "$adapter"
    for threads in 1 2 8; do
        try "$adapter, $threads threads" validates $threads 20000
    done
done
plant none ''
plant denies '#define LOCKED false'
try "no lock at all builds" build none.h
try "no lock at all is seen" refuses validates 4 20000
try "a lock that denies it builds" build denies.h
try "a lock that denies it is seen" refuses validates 1 20000
finish
