# SPDX-License-Identifier: BSD-2-Clause
# consumer.sh: a staged installation, and programs built against it as a user would; for suites: source it after
# tap.sh and `scratch`.
# shellcheck shell=bash disable=SC2154

# Everything a user's build reads is found through pkg-config alone.
stage=$tap_scratch/stage
export PKG_CONFIG_SYSROOT_DIR=$stage PKG_CONFIG_PATH=$stage/usr/local/lib/pkgconfig
export PAWL_DIR=$tap_scratch/spaces
mkdir "$PAWL_DIR"

stage() { MAKEFLAGS='' make --no-print-directory FLAVOR=release install DESTDIR="$stage" PREFIX=/usr/local; }

# The words of the README, and nothing more: no feature macro, no standard, no -pthread.
build_shared() {
    # shellcheck disable=SC2046 # flags
    cc "$1" -o "$tap_scratch/program" $(pkg-config --cflags --libs pawl)
}

build_static() {
    # shellcheck disable=SC2046 # flags
    cc -static "$1" -o "$tap_scratch/program" $(pkg-config --static --cflags --libs pawl)
}

run_shared() { LD_LIBRARY_PATH=$stage/usr/local/lib timeout 60 "$tap_scratch/program"; }
run_static() { timeout 60 "$tap_scratch/program"; }
uses_the_library() { LD_LIBRARY_PATH=$stage/usr/local/lib ldd "$tap_scratch/program" | grep -q "$stage/usr/local/lib/libpawl.so.0"; }
is_static() { ! readelf -d "$tap_scratch/program" | grep -q NEEDED; }
