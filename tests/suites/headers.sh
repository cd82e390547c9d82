#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# headers.sh: each public header alone, clean in C11 and C++17 (pawl.hpp, with all of them: C++11 to C++20), gcc and clang; and the warnings they promise do come.
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
for standard in 11 14 17 20; do # all of them, from C++
    try "pawl.hpp, C++$standard, gcc" alone pawl.hpp g++ cc c++$standard
    try "pawl.hpp, C++$standard, clang" alone pawl.hpp clang++ cc c++$standard
done
# A copy would be another lock, and an assignment would free one, or take it, behind its owner's back.
no_copies() {
    local class
    printf '#include <type_traits>\n#include <pawl/pawl.hpp>\n'
    for class in spin mutex held; do
        printf 'static_assert(!std::is_%s<pawl::%s>::value, "");\n' copy_constructible $class copy_assignable $class
    done
}
try "pawl.hpp: its locks are neither copied nor assigned" g++ -std=c++11 "${strict[@]}" -xc++ <(no_copies)

# ---- what must warn ----
# Each snippet is the inside of a function; `m` is a robust mutex that guards `y`, `l` a named lock, `s` a spinlock that guards
# `x`, `own` a mutex of the process that guards `z`; `gate` a gate, `t` tokens, `c` a channel.
frame='#include <pawl/pawl.h>
extern pawl_space_t *space;
extern pawl_robust_t m;
extern pawl_lock_t *l;
extern pawl_spin_t s;
extern int x PAWL_GUARDED_BY(s);
extern int y PAWL_GUARDED_BY(m);
extern pawl_mutex_t own;
extern int z PAWL_GUARDED_BY(own);
extern pawl_gate_t gate;
extern pawl_tokens_t t;
extern pawl_chan_t *c;
extern pawl_case_t one;
int f(void);
int f(void)
{
'

# says COMPILER SNIPPET: what the compiler has to say to it
says() {
    local tsa=() std=c11 file=$tap_scratch/snippet.c
    [[ $1 != clang* ]] || tsa=(-Wthread-safety)
    [[ $1 != *++ ]] || std=c++17 file=$tap_scratch/snippet.cc
    printf '%s%s\nreturn 0;\n}\n' "$frame" "$2" >"$file"
    LC_ALL=C "$1" -std=$std -Wall -Wextra -Wpedantic "${tsa[@]}" -Iinclude -O2 -c -o "$tap_scratch/out.o" "$file" 2>&1
}

# warns COMPILER PATTERN SNIPPET; refused COMPILER PATTERN SNIPPET: it is not even compiled
warns() { says_so "warning: .*($2)" "$1" "$3"; }
refused() { says_so "error: .*($2)" "$1" "$3"; }
says_so() {
    says "$2" "$3" >"$tap_scratch/said"
    grep -qE "$1" "$tap_scratch/said" || { echo "expected: $1; said:"; cat "$tap_scratch/said"; false; }
}

# silent COMPILER SNIPPET
silent() {
    local said
    said=$(says "$1" "$2")
    echo "$said"
    [ -z "$said" ]
}

for cc in gcc clang g++ clang++; do
    for call in 'pawl_spin_trylock(&s)' 'pawl_robust_lock(space, &m, PAWL_TRY)' \
        'pawl_gate_enter(space, &gate, pawl_robust_fence(&m), PAWL_TRY)' 'pawl_lock_acquire(l, PAWL_TRY, 0)' \
        'pawl_lock_open(space, "a", 0, &l)' 'pawl_space_open(&space, "a", 0)' 'pawl_fence_parse("", 0)' \
        'pawl_mutex_trylock(&own)' 'pawl_mutex_timedlock(&own, PAWL_TRY)' 'pawl_tokens_take(&t, PAWL_TRY)' \
        'pawl_chan_create(&c, 1, 1)' 'pawl_chan_send(c, "", PAWL_TRY)' 'pawl_chan_recv(c, 0, PAWL_TRY)' \
        'pawl_select(&one, 1, PAWL_TRY, 0)'; do
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
try "clang: gate not left" warns clang 'held' \
    'int rc = pawl_gate_enter(space, &gate, pawl_robust_fence(&m), PAWL_FOREVER); if (rc) return rc;'
try "clang: named lock kept after 0" warns clang 'held' \
    'int rc = pawl_lock_acquire(l, PAWL_FOREVER, 0); if (rc) return rc;'
try "clang: named lock released, not taken" warns clang 'was not held' 'pawl_lock_release(l);'
try "clang: data used after EOWNERDEAD without a word of it" warns clang "writing variable 'y' requires" \
    'int rc = pawl_robust_lock(space, &m, PAWL_FOREVER);
     if (rc) { if (!pawl_owner_died(rc)) return rc; y = 1; pawl_robust_assert_held(&m); pawl_robust_consistent(space, &m); }
     pawl_robust_unlock(space, &m);'


for cc in clang clang++; do
    try "$cc: mutex: data without it" warns $cc "writing variable 'z' requires" 'z = 1;'
    try "$cc: mutex: data with another lock" warns $cc "writing variable 'z' requires" \
        'pawl_spin_lock(&s); z = 1; pawl_spin_unlock(&s);'
    try "$cc: mutex kept" warns $cc 'still held at the end' 'pawl_mutex_lock(&own);'
    try "$cc: mutex kept on one path" warns $cc 'held' \
        'pawl_mutex_lock(&own); if (z) return 1; pawl_mutex_unlock(&own);'
    try "$cc: mutex taken twice" warns $cc 'already held' \
        'pawl_mutex_lock(&own); pawl_mutex_lock(&own); pawl_mutex_unlock(&own);'
    try "$cc: mutex given back, not taken" warns $cc 'was not held' 'pawl_mutex_unlock(&own);'
    try "$cc: mutex: data after a refused try" warns $cc "writing variable 'z' requires" \
        'if (pawl_mutex_trylock(&own) != 0) { z = 1; return 0; } pawl_mutex_unlock(&own);'
    try "$cc: mutex: data after a time-out" warns $cc "writing variable 'z' requires" \
        'int rc = pawl_mutex_timedlock(&own, pawl_in_ms(5)); if (rc) { z = 1; return rc; } pawl_mutex_unlock(&own);'
    try "$cc: guard: data of another lock" warns $cc "writing variable 'z' requires" 'PAWL_GUARD(&s); x = 1; z = 1;'
done
for cc in gcc clang g++ clang++; do
    try "$cc: guard: not for a lock that can be lost" refused $cc 'pawl_robust_t|no matching function' 'PAWL_GUARD(&m);'
done
for cc in gcc clang; do
    try "$cc: guard: not without a block" refused $cc 'expected expression' 'if (x) PAWL_GUARD(&own);'
done

# ---- what must not ----
for cc in gcc clang g++ clang++; do
    try "$cc: mutex, the right form" silent $cc 'pawl_mutex_lock(&own); z = 1; pawl_mutex_unlock(&own);'
    try "$cc: mutex by try, the right form" silent $cc \
        'if (pawl_mutex_trylock(&own) == 0) { z = 1; pawl_mutex_unlock(&own); }'
    try "$cc: mutex by time, the right form" silent $cc \
        'int rc = pawl_mutex_timedlock(&own, pawl_in_ms(5)); if (rc) return rc; z = 1; pawl_mutex_unlock(&own);'
    try "$cc: mutex held by the caller" silent $cc 'pawl_mutex_assert_held(&own); z = 1;'
    try "$cc: mutex, all of its life" silent $cc \
        'static pawl_mutex_t here = PAWL_MUTEX_INIT;
         if (pawl_mutex_init(&here, PAWL_RECURSIVE | PAWL_STABLE) != 0) return 1;
         pawl_mutex_lock(&here); pawl_mutex_unlock(&here);
         return pawl_mutex_destroy(&here);'
    try "$cc: guard of a mutex" silent $cc 'PAWL_GUARD(&own); z = 1;'
    try "$cc: guard of a spinlock" silent $cc 'PAWL_GUARD(&s); x = 1;'
    try "$cc: guard, an early return" silent $cc 'PAWL_GUARD(&own); if (z > 0) return z; z = 1;'
    try "$cc: guard in a loop" silent $cc \
        'for (int i = 0; i < 9; i++) { PAWL_GUARD(&own); if (z == i) continue; if (z > i) break; z = i; }'
    try "$cc: guards of two locks" silent $cc \
        'PAWL_GUARD(&own);
         z = 1;
         { PAWL_GUARD(&s); x = z; }
         PAWL_GUARD(&s);
         x = 2;'
    try "$cc: tokens, the right form" silent $cc 'if (pawl_tokens_take(&t, PAWL_TRY) == 0) pawl_tokens_put(&t);'
    try "$cc: channel, all of its life" silent $cc \
        'int in = 1, out;
         if (pawl_chan_create(&c, 4, sizeof(int)) != 0) return 1;
         if (pawl_chan_send(c, &in, pawl_in_ms(5)) == 0 && pawl_chan_recv(c, &out, PAWL_FOREVER) == 0) in = out;
         pawl_chan_close(c); pawl_chan_destroy(c);'
    try "$cc: select, each kind" silent $cc \
        'int in = 1, out; size_t chosen;
         const pawl_case_t cases[] = { pawl_case_send(c, &in), pawl_case_recv(c, &out), pawl_case_take(&t) };
         if (pawl_select(cases, 3, pawl_in_ms(5), &chosen) == 0 && chosen == 1) in = out;'
done
# Members guarded by a sibling are for C++ alone: clang does not see the sibling in C.
for cc in g++ clang++; do
    try "$cc: a guarded member" silent $cc \
        'struct account { pawl_mutex_t lock; int balance PAWL_GUARDED_BY(lock); };
         static account a; PAWL_GUARD(&a.lock); a.balance = 1;'
done
try "clang++: a guarded member without its lock" warns clang++ "writing variable 'balance' requires" \
    'struct account { pawl_mutex_t lock; int balance PAWL_GUARDED_BY(lock); };
     static account a; a.balance = 1;'
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
# ---- a member function in two files: the linker drops one copy, and all that belongs to it has to go along ----
member='#include <pawl/mutex.h>
struct counter {
    pawl_mutex_t lock;
    int n;
    void add() { pawl_mutex_lock(&lock); n++; pawl_mutex_unlock(&lock); }
};
extern counter both;
void other();
'
links() {
    printf '%s%s\n' "$member" 'counter both = { PAWL_MUTEX_INIT, 0 }; int main() { both.add(); other(); return both.n != 2; }' >"$tap_scratch/one.cc"
    printf '%s%s\n' "$member" 'void other() { both.add(); }' >"$tap_scratch/two.cc"
    # shellcheck disable=SC2046 # flags
    "$@" -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude "$tap_scratch/one.cc" "$tap_scratch/two.cc" build/release/libpawl.a \
        $(pkg-config --libs liburcu-bp liburcu-cds) -pthread -o "$tap_scratch/linked" && "$tap_scratch/linked"
}
require build/release/libpawl.a
for cxx in g++ clang++; do
    for level in -O0 -O2; do
        try "$cxx $level: a mutex in a member function that two files have" links $cxx $level
    done
done
finish
