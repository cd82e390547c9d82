#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# deb.sh: the packages of `make deb`: lintian finds nothing to say; and on a system that has nothing else they are installed, do what
# the README says, and are removed. `make deb-test` runs it.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
debs=$PWD/build/deb
version=$(sed -n 's/^VERSION *:= *//p' Makefile)
require "$debs"/*.changes
# shellcheck source=tests/lib/system.sh
. tests/lib/system.sh

# ---- the packages themselves ----
packages=(libpawl0 libpawl-dev pawl pawl-backend-redis pawl-backend-etcd pawl-backend-zookeeper)
deb_of() { find "$debs" -name "$1_*.deb"; }
all_made() {
    local package
    for package in "${packages[@]}"; do [ -e "$(deb_of "$package")" ] || { echo "no $package"; return 1; }; done
}
lintian_finds_nothing() {
    local said status
    said=$(lintian --fail-on error,warning "$debs"/*.changes 2>&1)
    status=$?
    echo "$said"
    [ $status = 0 ] && ! grep -E '^[EW]: ' <<<"$said"
}
field() { dpkg-deb -f "$(deb_of "$1")" "$2"; }
depends() { field "$1" Depends | grep -qE "(^|, )$2( |,|$)" || { field "$1" Depends; return 1; }; }
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
unpack() {
    mkdir "$tap_scratch/files" || return
    local package
    for package in "${packages[@]}"; do dpkg-deb -x "$(deb_of "$package")" "$tap_scratch/files/$package" || return; done
}
multiarch() {
    [ "$(field libpawl0 Multi-Arch)" = same ] && [ -e "$tap_scratch/files/libpawl0/usr/lib/$triplet/libpawl.so.$version" ] &&
        [ -e "$tap_scratch/files/libpawl-dev/usr/lib/$triplet/pkgconfig/pawl.pc" ] &&
        [ -e "$tap_scratch/files/pawl-backend-redis/usr/lib/$triplet/pawl/libpawl-redis.so" ]
}
hardened() {
    local file n=0
    while read -r file; do
        readelf -lW "$file" | grep -q GNU_RELRO && readelf -d "$file" | grep -q NOW && readelf -h "$file" | grep -q 'DYN ' &&
            nm -D "$file" | grep -q __stack_chk_fail || { echo "$file is not"; return 1; }
        n=$((n + 1))
    done < <(find "$tap_scratch/files" -type f \( -name '*.so*' -o -path '*/bin/*' \))
    [ $n = 6 ]
}

try "all packages are made" all_made
try "lintian: no error, no warning" lintian_finds_nothing
try "they can be unpacked" unpack
try "the library is where its architecture's belong" multiarch
try "each program and shared object is hardened" hardened
try "libpawl0 depends on what it is linked with" depends libpawl0 liburcu8
try "so does Redis's backend" depends pawl-backend-redis libhiredis0.14
try "etcd's" depends pawl-backend-etcd libcurl4
try "ZooKeeper's" depends pawl-backend-zookeeper libzookeeper-st2
try "the headers need their library, of the same version" depends libpawl-dev "libpawl0 \(= $version-[0-9a-z]+\)"

# ---- a system that has nothing else ----
copied() { mkdir "$root/debs" && cp "$debs"/*.deb "$root/debs"; }
ours() {
    local package files=()
    for package; do files+=("/debs/$(basename "$(deb_of "$package")")"); done
    get "${files[@]}"
}
runs() { [ "$(inside pawl run nightly -- sh -c 'echo "$PAWL_FENCE"' | tail -n 1 | grep -cE '^[0-9a-f]{32}$')" = 1 ]; }
# What keeps a second one out, from a shell as the README's reader would write it.
excludes() {
    inside sh -c 'pawl run nightly -- sleep 30 & until pawl ls | grep -q nightly; do sleep 0.1; done; pawl run -n nightly -- true; echo "status $?"; kill $!' |
        grep -x 'status 1'
}
doctor() { inside pawl doctor; }
benches() { inside pawl bench alone --rounds 1 --only pawl_mutex --csv | grep -q '"pawl_mutex","pair"'; }
has_pages() { inside sh -c 'for page in pawl.1 pawl-bench.1; do test -s /usr/share/man/man1/$page.gz || exit; done'; }
# asks SCHEME: what is said where no server is
asks() { inside pawl run -w 1 -r "$1://127.0.0.1:1" name -- true 2>&1; }
names_its_library() { asks "$1" | grep -F "libpawl-$1.so"; }
reaches_out() {
    local said
    said=$(asks "$1")
    echo "$said"
    grep -qF 127.0.0.1:1 <<<"$said" && ! grep -qF "libpawl-$1.so" <<<"$said"
}
compiles_static() { inside sh -c 'cd /tmp/readme && cc -static 1.c $(pkg-config --static --cflags --libs pawl) -o static && ./static'; }
purged() {
    inside apt-get -qq -y purge "${packages[@]}" && ! inside find / -xdev -path /debs -prune -o -path /proc -prune -o -name '*pawl*' -print | grep .
}

try "a system: $codename, minbase" system
try "the packages are there" copied
try "the command is installed" ours pawl
try "it runs a command, under a token" runs
try "and keeps a second one out" excludes
try "pawl doctor finds nothing wrong" doctor
try "pawl bench measures" benches
try "its pages are there" has_pages
for backend in redis etcd zookeeper; do
    scheme=$backend
    [ "$backend" != zookeeper ] || scheme=zk
    try "without its package, $scheme: says which library is missing" names_its_library $scheme
    try "pawl-backend-$backend is installed" ours pawl-backend-$backend
    try "and $scheme: looks for its server" reaches_out $scheme
done
try "the library is installed, and a compiler" ours libpawl0 libpawl-dev
try "gcc, clang, g++, pkg-config" get gcc g++ clang libc6-dev pkg-config
try_programs
try "liburcu's archive" get liburcu-dev
try "with it, it links statically too" compiles_static
try "all is removed, and nothing is left" purged
finish
