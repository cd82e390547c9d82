#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# install.sh: make install gives a user all that the README's program needs; make uninstall takes exactly that away.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
# shellcheck source=tests/lib/consumer.sh
. tests/lib/consumer.sh

# shellcheck source=tests/lib/readme.sh
. tests/lib/readme.sh
readme_blocks "$tap_scratch/readme"
cp "$tap_scratch/readme1.c" "$tap_scratch/prog.c"
# Outside of the tree, as in the README; C++ takes the same text.
# shellcheck disable=SC2046 # flags
program_by() { "$@" "$tap_scratch/prog.c" -o "$tap_scratch/program" $(pkg-config --cflags --libs pawl) && run_shared | grep -qxE 'settling 42 under token [0-9a-f]{32}'; }
# shellcheck disable=SC2046 # flags
compiled_by() {
    local block
    for block in "$tap_scratch"/readme*.c; do
        "$@" -Wall -Werror -c "$block" -o "$tap_scratch/block.o" $(pkg-config --cflags pawl) || return
    done
}
several_blocks() { [ -s "$tap_scratch/readme4.c" ] && grep -q main "$tap_scratch/prog.c"; }

# A neighbour that was there before, in the same folders, has to survive.
neighbours=(usr/local/lib/libother.a usr/local/lib/pkgconfig/other.pc usr/local/include/pawl/other.h usr/local/bin/other)
neighbours() {
    local file
    for file in "${neighbours[@]}"; do
        mkdir -p "$tap_scratch/stage/${file%/*}" && echo other >"$tap_scratch/stage/$file" || return
    done
}
installed() { (cd "$stage" && find . ! -type d | sed 's,^\./,,' | sort); }
all_there() {
    local file
    for file in lib/libpawl.a lib/libpawl.so lib/libpawl.so.0 lib/pkgconfig/pawl.pc bin/pawl bin/pawl-bench include/pawl/pawl.h \
        lib/pawl/libpawl-{redis,etcd,zk}.so; do
        [ -e "$stage/usr/local/$file" ] || { echo "no $file"; return 1; }
    done
    for file in include/pawl/*.h include/pawl/*.hpp; do
        cmp "$file" "$stage/usr/local/$file" || return
    done
    for file in src/man/*.[1-9]; do
        [ -e "$file" ] || continue
        cmp "$file" "$stage/usr/local/share/man/man${file##*.}/${file##*/}" || return
    done
}
# By the name of a function, as `man` looks for it.
page_of() { grep -q "^\.Dt $2 3" "$stage/usr/local/share/man/man3/$1.3"; }
not_a_placeholder_left() { ! grep '@' "$stage/usr/local/lib/pkgconfig/pawl.pc"; }
knows_its_version() { [ "$(pkg-config --modversion pawl)" = "$(sed -n 's/^VERSION *:= *//p' Makefile)" ]; }
# With a search path that has nothing but ours.
without_liburcu() { PKG_CONFIG_LIBDIR=$stage/usr/local/lib/pkgconfig PKG_CONFIG_PATH='' pkg-config --exists --print-errors pawl; }
# Where it was compiled to look, once more: a stage is not where the library will lie.
backend_is_found() {
    local said
    said=$(PAWL_DIR=$tap_scratch PAWL_BACKEND_DIR=$stage/usr/local/lib/pawl "$stage/usr/local/bin/pawl" run -n -r 'redis://127.0.0.1:1?timeout=0' x true 2>&1)
    echo "$? $said"
    grep -q 'timeout=0 in the URL' <<<"$said"
}
command_runs() { "$stage/usr/local/bin/pawl" --help | grep -q pawl; }
bench_runs() {
    "$stage/usr/local/bin/pawl" bench --list | grep -q '^  pawl_mutex' &&
        "$stage/usr/local/bin/pawl" bench alone --rounds 1 --only pawl_mutex --csv | grep -q '^"alone","pawl_mutex","pair",1,'
}
# What it says alone in a folder, and that it is found in PATH then.
bench_is_missed() {
    local said status
    mkdir -p "$tap_scratch/lonely" && cp "$stage/usr/local/bin/pawl" "$tap_scratch/lonely/pawl" || return
    said=$(PATH=/usr/bin:/bin "$tap_scratch/lonely/pawl" bench --list 2>&1)
    status=$?
    echo "$status: $said"
    [ "$status" = 127 ] && grep -q 'pawl-bench is neither beside this program nor in PATH' <<<"$said" &&
        PATH=$stage/usr/local/bin:$PATH "$tap_scratch/lonely/pawl" bench --version | grep -q '^pawl-bench '
}
# What a backend is made with, looked for by a compiler that finds no headers at all.
misses_clients() {
    local said
    said=$(MAKEFLAGS='' make -n --no-print-directory install CPPFLAGS=-nostdinc "$@" 2>&1)
    echo "$said"
    grep -qF 'the backends need hiredis/hiredis.h' <<<"$said"
}
uninstall() { MAKEFLAGS='' make --no-print-directory uninstall DESTDIR="$stage" PREFIX=/usr/local; }
only_neighbours() { diff <(printf '%s\n' "${neighbours[@]}" | sort) <(installed); }
without_neighbours() {
    (cd "$stage" && rm "${neighbours[@]}") && stage && uninstall && [ -z "$(installed)" ] && [ ! -e "$stage/usr/local/include/pawl" ]
}
elsewhere() {
    MAKEFLAGS='' make --no-print-directory install DESTDIR="$tap_scratch/other" PREFIX=/opt/p LIBDIR=/opt/l INCLUDEDIR=/opt/i BINDIR=/opt/b \
        MANDIR=/opt/m && (cd "$tap_scratch/other/opt" && test -e l/libpawl.so.0 -a -e i/pawl/pawl.h -a -x b/pawl -a -x b/pawl-bench -a ! -e p) &&
        grep -qx 'libdir=/opt/l' "$tap_scratch/other/opt/l/pkgconfig/pawl.pc" &&
        grep -qaF /opt/l/pawl "$tap_scratch/other/opt/l/libpawl.so.0" # where it looks for backends
}

try "neighbours" neighbours
try "install" stage
try "all that belongs to it is there" all_there
try "its backends are loaded from there" backend_is_found
try "the .pc file is filled in" not_a_placeholder_left
try "the .pc file knows the version" knows_its_version
try "the .pc file does not ask for liburcu's" without_liburcu
try "a function's page is found by its name" page_of pawl_lock_acquire PAWL_LOCK
try "one with another's is not it" refuses page_of pawl_lock_acquire PAWL_SPIN
try "the README has programs" several_blocks
for by in gcc clang 'g++ -xc++' 'clang++ -xc++'; do
    # shellcheck disable=SC2086 # a compiler and its language
    try "its program builds and does what it says, $by" program_by $by
    case $by in *++) by="$by -std=c++20" ;; esac
    # shellcheck disable=SC2086 # likewise
    try "all of it compiles without a warning, $by" compiled_by $by
done
try "the program builds, shared" build_shared "$tap_scratch/prog.c"
try "it is linked to the installed library" uses_the_library
try "it runs, shared" run_shared
try "the program builds, static" build_static "$tap_scratch/prog.c"
try "it needs no shared library at all" is_static
try "it runs, static" run_static
try "the command runs" command_runs
try "pawl bench runs" bench_runs
try "where there is no pawl-bench, pawl bench says so" bench_is_missed
try "a backend's client library that is not there is missed by name" misses_clients
try "not where the backend is not wanted" refuses misses_clients BACKENDS=
try "uninstall" uninstall
try "what was there before is there still, and nothing else" only_neighbours
try "install and uninstall in an empty tree leave nothing" without_neighbours
try "every folder can be put elsewhere" elsewhere
finish
