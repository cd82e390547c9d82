#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# cross.sh: pawl for other architectures: compiled, and what needs no foreign library run under qemu-user.
#
#   make cross [ARCHS="aarch64 riscv64"]
#
# It shows that the source has no assumption of x86-64 in it: layouts, sizes, builtins; that the locks of a process count right where
# restart.h says no and every release is a compare-and-swap. It does not show
#   - that the orders suffice on such a machine: qemu's threads run on this one's memory, where a relaxed release passes as well. For
#     that there are the explorer's store buffers, ThreadSanitizer, and tests/model/c11 for who has a checker;
#   - anything of robust mutexes and spaces: qemu-user has no robust lists (set_robust_list is ENOSYS), so a death is told to nobody;
#   - the sources that include liburcu's headers, which are made for each architecture: they are left out, and named below;
#   - the unit tests: every one of them is built on cmocka, a library. Debian has it for aarch64 as a foreign architecture only, which
#     is a change to the machine's package lists (dpkg --add-architecture), and Debian 12 has no riscv64 at all. What needs no
#     such library runs instead: the simulator, which judges the tenure and its seats;
#   - futex_waitv and membarrier: some qemu-user have them, some say ENOSYS, and the library then does without.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch

# What of ck is headers, which have every architecture in them.
mkdir "$tap_scratch/include"
for header in /usr/include/ck_*.h /usr/include/gcc /usr/include/spinlock; do ln -s "$header" "$tap_scratch/include/"; done
flags=(-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Werror -D_GNU_SOURCE -Iinclude -Isrc -I. -pthread -fPIC
    -ftls-model=initial-exec -O2 -DPAWL_BACKEND_DIR='"/usr/lib/pawl"' -isystem "$tap_scratch/include")

compiles() { nice "$1-linux-gnu-gcc" "${flags[@]}" -c "$2" -o "$3"; }
runs() {
    local arch=$1
    shift
    nice "$arch-linux-gnu-gcc" "${flags[@]}" -static "$@" -o "$tap_scratch/program" &&
        timeout 200 "qemu-$arch" "$tap_scratch/program"
}

# The simulator has points of its own, so it is made of the source and not of what was compiled above.
simulates() {
    nice "$1-linux-gnu-gcc" "${flags[@]}" -include tests/sim/point.h -static tests/sim/*.c src/remote/{tenure,seat,remote}.c \
        tests/lib/tap.c -lm -o "$tap_scratch/program" && timeout 200 "qemu-$1" "$tap_scratch/program" --seeds 1..20
}

mapfile -t needs_urcu < <(for f in src/core/*.c src/space/*.c src/remote/*.c; do
    gcc "${flags[@]}" -MM "$f" | grep -q 'space/handle.h' && echo "$f"
done)
echo "# left out, for they need liburcu's headers: ${needs_urcu[*]}"
for arch in ${ARCHS:-aarch64 riscv64}; do
    mkdir "$tap_scratch/$arch"
    for f in src/core/*.c src/space/*.c src/remote/*.c; do
        [[ " ${needs_urcu[*]} " == *" $f "* ]] || try "$arch: $f" compiles "$arch" "$f" "$tap_scratch/$arch/${f//\//+}.o"
    done
    try "$arch: the locks of a process, four threads" runs "$arch" tests/cross/core.c "$tap_scratch/$arch"/src+core+*.o
    try "$arch: tenures and seats, simulated hosts" simulates "$arch"
    for client in tests/model/c11/client_*.c; do
        try "$arch: $(basename "$client")" runs "$arch" -DROUNDS=200 "$client"
    done
done
finish
