#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# abi.sh: a program that was linked with the last release finds in this library what it relies on; and what would break it is seen,
# each way planted in a copy of the source. `make abi` runs it.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
version=$(sed -n 's/^VERSION *:= *//p' Makefile) sover=$(sed -n 's/^SOVER *:= *//p' Makefile)
so=build/release/libpawl.so.$version
baseline=src/abi/libpawl.so.$sover.abi
require "$so" "$baseline"

# compare LIBRARY [HEADERS]: its status is abidiff's: 0, or what has changed
compare() { abidiff --exported-interfaces-only --headers-dir2 "${2:-$PWD/include/pawl}" --drop-private-types --no-added-syms "$baseline" "$1"; }
soname_of() { readelf -d "$1" | sed -n 's/.*soname: \[\(.*\)\]/\1/p'; }
soname() { [ "$(soname_of "$so")" = "libpawl.so.$sover" ] && grep -qF "soname='libpawl.so.$sover'" "$baseline"; }
# One in which nothing is described would hold for ever.
describes() { [ "$(grep -c "<function-decl .*elf-symbol-id=" "$baseline")" -gt 60 ] && grep -q "<class-decl name='pawl_grant'" "$baseline"; }
new_ones() {
    abidiff --exported-interfaces-only --headers-dir2 "$PWD/include/pawl" --drop-private-types "$baseline" "$so" | sed -nE "s/^ *\[A\] '(.*)'.*/# new since the last release: \1/p"
}

# ---- planted ----
copy=$tap_scratch/copy
library=$copy/build/release/libpawl.so.$version
# plant FILE SED: the copy is the source again but for that
plant() {
    cp "$1" "$copy/$1" && touch "$copy/$1" && sed -i -E "$2" "$copy/$1" && ! cmp -s "$1" "$copy/$1"
}
build() { env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -C "$copy" -j"$(nproc)" FLAVOR=release CFLAGS='-O0 -g' "build/release/libpawl.so.$version"; }
restore() { cp "$1" "$copy/$1"; }
copied() { mkdir "$copy" && cp -r Makefile include src "$copy" && build; }
breaks() {
    compare "$library" "$copy/include/pawl"
    local status=$?
    echo "abidiff ended with $status"
    [ $((status & 3)) = 0 ] && [ $status != 0 ]
}
gone() { plant src/pawl.map '/^\tpawl_lock_linger;$/d' && build && breaks; }
grown() { restore src/pawl.map && plant include/pawl/lock.h 's/^(\tbool owner_died;)/\tlong more;\n\1/' && build && breaks; }
more_is_no_break() {
    restore include/pawl/lock.h && plant src/pawl.map 's/^(\tpawl_version;)$/\1\n\tpawl_zz;/' &&
        printf '#include <pawl/base.h>\nPAWL_API int pawl_zz(void);\nint pawl_zz(void)\n{\n\treturn 0;\n}\n' >"$copy/src/core/zz.c" &&
        build && nm -D "$library" | grep -q pawl_zz && compare "$library" "$copy/include/pawl"
}

try "SONAME, of the library and of the last release" soname
try "the last release's description says something" describes
try "nothing a program relies on is gone or has changed" compare "$so"
new_ones
try "a copy of the source is built" copied
try "it is no break" compare "$library"
try "a function that is gone is seen" gone
try "a struct that has grown in the middle is seen" grown
try "a function more is no break" more_is_no_break
finish
