#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# probes.sh: the probes that pawl_probes(7) lists are those that the library has, each with five arguments; a probe is a nop, on no
# hot path; without <sys/sdt.h>, or with PAWL_NO_PROBES, there are none.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
so=build/release/libpawl.so.0
require "$so"

documented() { sed -n 's/^\.It Fn \([a-z_]*\).*/\1/p' src/man/pawl_probes.7 | sort; }
notes() { readelf -n "$1" | awk '/Provider: pawl$/ { ours = 1 } ours && /Name:/ { name = $2 } ours && /Arguments:/ { print name, NF - 1; ours = 0 }'; }
noted() { notes "$so" | cut -d' ' -f1 | sort -u; }
five() { notes "$so" | awk '$2 != 5 { print; bad = 1 } END { exit bad || !NR }'; }
enough() { [ "$(noted | wc -l)" -ge 10 ]; }

# The instruction at each probe.
nops() {
    objdump -d --no-show-raw-insn "$so" >"$tap_scratch/text" || return
    readelf -n "$so" | sed -n 's/.*Location: 0x0*\([0-9a-f]*\),.*/\1/p' | while read -r at; do
        grep -qE "^ *$at:[[:space:]]+nop" "$tap_scratch/text" || { echo "no nop at $at"; false; } || return
    done
}
# The functions that a free lock goes through have none.
hot() {
    local f
    for f in pawl_lock_acquire pawl_lock_release pawl_robust_lock; do
        read -r from size < <(readelf -W --dyn-syms "$so" | awk -v f="$f" '{ sub(/@.*/, "", $8) } $8 == f { print $2, $3 }')
        readelf -n "$so" | sed -n 's/.*Location: \(0x[0-9a-f]*\),.*/\1/p' | while read -r at; do
            ! ((at >= 0x$from && at < 0x$from + size)) || { echo "one in $f, at $at"; false; } || return
        done || return
    done
}
without() {
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -DPAWL_NO_PROBES -Iinclude -Isrc -c -o "$tap_scratch/wait.o" src/space/wait.c &&
        ! readelf -n "$tap_scratch/wait.o" | grep -q 'Provider: pawl'
}
headerless() {
    mkdir -p "$tap_scratch/sys" && printf '#include <core/probe.h>\nint main(void) { PAWL__PROBE(x, "", "", 0, 0, 0); return 0; }\n' |
        "${CC:-cc}" -std=c11 -w '-D__has_include(x)=0' -Isrc -x c - -o "$tap_scratch/none" &&
        "$tap_scratch/none" && ! readelf -n "$tap_scratch/none" | grep -q 'Provider: pawl'
}

if ! echo '#include <sys/sdt.h>' | "${CC:-cc}" -fsyntax-only -x c - 2>/dev/null; then
    echo "1..0 # SKIP no <sys/sdt.h>: systemtap-sdt-dev"
    exit
fi
try "there are some" enough
try "the manual lists them all, and no others" diff <(documented) <(noted)
try "five arguments each" five
try "each is a nop" nops
try "none on the way of a free lock" hot
try "none with PAWL_NO_PROBES" without
try "none without the header" headerless
finish
