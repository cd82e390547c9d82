#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# dist.sh: the tarball of a commit is the same wherever it is made, has all of it, and builds where there is no git; and the places
# that name the version agree.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
version=$(sed -n 's/^VERSION *:= *//p' Makefile)
root=pawl-$version
packed=build/$root.tar.gz

make_quietly() { env -u MAKEFLAGS -u MAKELEVEL -u FLAVOR -u CFLAGS make --no-print-directory "$@"; }
sum_of() { sha256sum <"$1"; }

# ---- the version ----
sover=$(sed -n 's/^SOVER *:= *//p' Makefile)
changelog_says() { sed -n 's/^## \([0-9][0-9.]*\).*/\1/p' src/CHANGELOG.md | head -n 1 | grep -qxF "$version"; }
debian_says() { head -n 1 src/debian/changelog | grep -qF "pawl ($version-"; }
# The newest node of the map is the release's; the symbols of each come with the release that brought it.
node_says() { [ "$(sed -nE 's/^PAWL_([0-9.]+) \{$/\1/p' src/pawl.map | tail -n 1)" = "${version%.*}" ]; }
debian_knows_nodes() {
    local node
    for node in $(sed -nE 's/^(PAWL_[0-9.]+) \{$/\1/p' src/pawl.map); do
        grep -qE "^ \(symver\)$node ${node#PAWL_}\.[0-9]+$" src/debian/libpawl$sover.symbols || { echo "no $node"; return 1; }
    done
}
debian_is_called_so() { grep -qx "Package: libpawl$sover" src/debian/control && [ -e src/debian/libpawl$sover.install ]; }
each_backend_is_a_package() {
    local folder
    for folder in src/backends/*/; do
        folder=$(basename "$folder")
        grep -qx "Package: pawl-backend-$folder" src/debian/control && [ -e "src/debian/pawl-backend-$folder.install" ] || return
    done
}

try "CHANGELOG.md begins with the version" changelog_says
try "so does Debian's" debian_says
try "so is the newest node of the map called" node_says
try "each of the map's nodes is in Debian's list" debian_knows_nodes
try "Debian's package is called after the SONAME" debian_is_called_so
try "each backend has a package" each_backend_is_a_package

# ---- the tarball ----
in_a_tarball() { ! [ -e .git ]; }
refused_there() {
    mkdir "$tap_scratch/nowhere" && cp Makefile "$tap_scratch/nowhere" &&
        refuses env GIT_CEILING_DIRECTORIES="$tap_scratch" make -C "$tap_scratch/nowhere" dist >"$tap_scratch/said" 2>&1 &&
        grep -q 'make dist packs a commit' "$tap_scratch/said"
}
try "where there is no commit, make dist says so" refused_there
! in_a_tarball || finish

# Clones made in another mood: umask, time zone, language, and what somebody has configured.
clone() {
    git clone -q . "$tap_scratch/$1" && cd "$tap_scratch/$1" || return
    git config tar.umask user && git config core.autocrlf true && TZ=Pacific/Chatham LC_ALL=C make_quietly dist
}
first() { (umask 077 && clone a) && cp "$tap_scratch/a/$packed" "$tap_scratch/first.tar.gz"; }
second() { (umask 002 && clone b); }
again() { (cd "$tap_scratch/a" && touch Makefile src/README.md && echo more >>README.md && sleep 1.1 && make_quietly dist); }
same() { [ "$(sum_of "$tap_scratch/$1")" = "$(sum_of "$tap_scratch/first.tar.gz")" ] && [ -s "$tap_scratch/first.tar.gz" ]; }
all_of_it() { diff <(tar -tzf "$tap_scratch/first.tar.gz" | grep -v '/$' | sort) <(git ls-tree -r --name-only HEAD | sed "s,^,$root/," | sort); }
nobody_s() { ! tar --numeric-owner -tvzf "$tap_scratch/first.tar.gz" | awk '{ print $2 }' | grep -v '^0/0$'; }

# Outside, with a git that tells when it is asked.
tree=$tap_scratch/$root
unpacked() { tar -xzf "$tap_scratch/first.tar.gz" -C "$tap_scratch"; }
builds() {
    mkdir "$tap_scratch/bin" && printf '#!/bin/sh\necho "git $*" >>"%s"; exit 1\n' "$tap_scratch/asked" >"$tap_scratch/bin/git" &&
        chmod +x "$tap_scratch/bin/git" && (cd "$tree" && PATH=$tap_scratch/bin:$PATH make_quietly -j"$(nproc)" all CFLAGS=-O0)
}
git_was_not_asked() { refuses cat "$tap_scratch/asked"; }
knows_its_version() { "$tree/build/release/pawl" --version | grep -qF "$version"; }

try "a clone's tarball" first
try "another clone's" second
try "is the same, byte by byte" same "b/$packed"
try "and once more, in a tree that was touched" again
try "which is still the commit's" same "a/$packed"
try "all that is committed is in it" all_of_it
try "in nobody's name" nobody_s
try "it unpacks" unpacked
try "and builds" builds
try "without asking git" git_was_not_asked
try "the command knows its version" knows_its_version
finish
