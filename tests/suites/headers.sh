#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# headers.sh: each public header alone, clean in C11 and C++17, gcc and clang; and the warnings they promise do come.
#
# The second half plants misuse and demands the warning, and demands silence for the right forms: an annotation that
# has stopped working looks exactly like correct code.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch

strict=(-Wall -Wextra -Wpedantic -Werror -Iinclude -O2 -c -o "$tap_scratch/out.o")

# alone HEADER COMPILER LANGUAGE STANDARD; the declaration, because macros alone are "an empty translation unit"
alone() {
    printf '#include <pawl/%s>\nextern int one_declaration;\n' "$1" >"$tap_scratch/alone.$3"
    "$2" "-std=$4" "${strict[@]}" "$tap_scratch/alone.$3"
}

for header in include/pawl/*.h; do
    header=${header##*/}
    try "$header, C11, gcc" alone "$header" gcc c c11
    try "$header, C11, clang" alone "$header" clang c c11
    try "$header, C++17, gcc" alone "$header" g++ cc c++17
    try "$header, C++17, clang" alone "$header" clang++ cc c++17
done

# ---- what must warn ----
# Each snippet is the inside of a function; `m` and `n` are mutexes, `l` a named lock, `s` a spinlock that guards `x`.
frame='#include <pawl/pawl.h>
extern pawl_space_t *space;
extern pawl_robust_t m;
extern pawl_lock_t *l;
extern pawl_spin_t s;
extern int x PAWL_GUARDED_BY(s);
extern int y PAWL_GUARDED_BY(m);
int f(void);
int f(void)
{
'

# says COMPILER SNIPPET: what the compiler has to say to it
says() {
    printf '%s%s\nreturn 0;\n}\n' "$frame" "$2" >"$tap_scratch/snippet.c"
    local tsa=()
    [ "$1" = gcc ] || tsa=(-Wthread-safety)
    LC_ALL=C "$1" -std=c11 -Wall -Wextra -Wpedantic "${tsa[@]}" -Iinclude -O2 -c -o "$tap_scratch/out.o" \
        "$tap_scratch/snippet.c" 2>&1
}

# warns COMPILER PATTERN SNIPPET
warns() {
    says "$1" "$3" | tee "$tap_scratch/said" | grep -q "warning: .*$2" || { echo "expected: $2; said:"; cat "$tap_scratch/said"; false; }
}

# silent COMPILER SNIPPET
silent() {
    local said
    said=$(says "$1" "$2")
    echo "$said"
    [ -z "$said" ]
}

for cc in gcc clang; do
    for call in 'pawl_spin_trylock(&s)' 'pawl_robust_lock(space, &m, PAWL_TRY)' 'pawl_lock_acquire(l, PAWL_TRY, 0)' \
        'pawl_lock_open(space, "a", 0, &l)' 'pawl_space_open(&space, "a", 0)' 'pawl_fence_parse("", 0)'; do
        try "$cc: result not looked at: ${call%%(*}" warns $cc 'ignoring return value' "$call;"
    done
done
try "gcc: not even after a cast to void" warns gcc 'ignoring return value' '(void)pawl_robust_lock(space, &m, PAWL_TRY);'

try "clang: guarded data without the lock" warns clang "writing variable 'x' requires" 'x = 1;'
try "clang: spinlock kept" warns clang 'still held at the end' 'pawl_spin_lock(&s);'
try "clang: spinlock taken twice" warns clang 'already held' 'pawl_spin_lock(&s); pawl_spin_lock(&s); pawl_spin_unlock(&s);'
try "clang: spinlock released, not taken" warns clang 'was not held' 'pawl_spin_unlock(&s);'
try "clang: data used after a refused try" warns clang "writing variable 'x' requires" \
    'if (pawl_spin_trylock(&s) != 0) { x = 1; return 0; } pawl_spin_unlock(&s);'
try "clang: robust mutex kept after 0" warns clang 'held' \
    'int rc = pawl_robust_lock(space, &m, PAWL_FOREVER); if (rc) return rc; y = 1;'
try "clang: robust mutex released, not taken" warns clang 'was not held' 'pawl_robust_unlock(space, &m);'
try "clang: named lock kept after 0" warns clang 'held' \
    'int rc = pawl_lock_acquire(l, PAWL_FOREVER, 0); if (rc) return rc;'
try "clang: named lock released, not taken" warns clang 'was not held' 'pawl_lock_release(l);'
try "clang: data used after EOWNERDEAD without a word of it" warns clang "writing variable 'y' requires" \
    'int rc = pawl_robust_lock(space, &m, PAWL_FOREVER);
     if (rc) { if (!pawl_owner_died(rc)) return rc; y = 1; pawl_robust_assert_held(&m); pawl_robust_consistent(space, &m); }
     pawl_robust_unlock(space, &m);'

# ---- what must not ----
for cc in gcc clang; do
    try "$cc: spinlock, the right form" silent $cc 'pawl_spin_lock(&s); x = 1; pawl_spin_unlock(&s);'
    try "$cc: spinlock by try, the right form" silent $cc \
        'if (pawl_spin_trylock(&s) == 0) { x = 1; pawl_spin_unlock(&s); }'
    try "$cc: EOWNERDEAD by a predicate" silent $cc \
        'int rc = pawl_robust_lock(space, &m, PAWL_FOREVER);
         if (rc) {
             if (!pawl_owner_died(rc)) return rc;
             pawl_robust_assert_held(&m); y = 0; pawl_robust_consistent(space, &m);
         }
         y++; pawl_robust_unlock(space, &m);'
    try "$cc: EOWNERDEAD by a switch" silent $cc \
        'int rc = pawl_robust_lock(space, &m, PAWL_FOREVER);
         switch (rc) {
         case 0: break;
         case EOWNERDEAD: pawl_robust_assert_held(&m); y = 0; pawl_robust_consistent(space, &m); break;
         default: return rc; }
         y++; pawl_robust_unlock(space, &m);'
    try "$cc: named lock, EOWNERDEAD by a predicate" silent $cc \
        'int rc = pawl_lock_acquire(l, PAWL_FOREVER, 0);
         if (rc) {
             if (!pawl_owner_died(rc)) return rc;
             pawl_lock_assert_held(l); pawl_lock_consistent(l);
         }
         pawl_lock_release(l);'
    try "$cc: named lock, the short form" silent $cc \
        'if (pawl_lock_acquire(l, PAWL_FOREVER, 0) == 0) pawl_lock_release(l);'
done
finish
