#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# c11.sh: the clients for outside C11 checkers (tests/model/c11/client.h): each is one unit that such a checker can take, and counts
# right where it runs natively, over the atomics that a checker gets and over those that are shipped.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
here=tests/model/c11
flags=(-std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -I. -pthread)
checker=(-DPAWL_ATOMICS="\"$here/atomics.h\"")

# No assembly and nothing unresolved but pthreads, the C library, and what it asserts with.
is_one_unit() {
    clang "${flags[@]}" "${checker[@]}" -S -emit-llvm -O0 "$1" -o "$tap_scratch/unit.ll" || return
    ! grep -E 'call .* asm |asm sideeffect' "$tap_scratch/unit.ll" || return
    local foreign
    foreign=$(sed -n 's/^declare .*@\([A-Za-z0-9_.]*\)(.*/\1/p' "$tap_scratch/unit.ll" | grep -vE '^(llvm\..*|pthread_create|pthread_join|__assert_fail|timespec_get|sched_yield|__errno_location)$')
    [ -z "$foreign" ] || { echo "it needs $foreign"; return 1; }
}
counts() {
    gcc "${flags[@]}" -O2 -DROUNDS="$2" "${@:3}" "$1" -o "$tap_scratch/client" && timeout 120 "$tap_scratch/client"
}

for client in "$here"/client_*.c; do
    name=$(basename "$client")
    try "$name is one unit" is_one_unit "$client"
    try "$name counts right, 2000 rounds, over a checker's atomics" counts "$client" 2000 "${checker[@]}"
    try "$name counts right, 2000 rounds, over those that are shipped" counts "$client" 2000
done
finish
