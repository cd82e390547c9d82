# SPDX-License-Identifier: BSD-2-Clause
# system.sh: a system that has nothing else, for suites: source it after tap.sh and `scratch`. As root, who alone can make one.
#
# It is Debian's smallest, this machine's release from where this machine gets it (MIRROR=URL: from elsewhere). It lies in the scratch
# folder and is mounted in a namespace of its own: nothing is left of it, however this ends.
# shellcheck shell=bash disable=SC2154

[ "$(id -u)" = 0 ] || { echo "a system is made by root only"; exit 1; }
root=$tap_scratch/root
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
# shellcheck disable=SC2016 # apt's own words
: "${MIRROR:=$(apt-get indextargets --format '$(RELEASE) $(SITE)' 'Identifier: Packages' | awk -v release="$codename" '$1 == release { print $2; exit }')}"

system() { [ -n "$MIRROR" ] && debootstrap --variant=minbase "$codename" "$root" "$MIRROR" && inside apt-get -qq update; }
# inside COMMAND...: there
inside() {
    cp /etc/resolv.conf "$root/etc" || return
    # shellcheck disable=SC2016 # for the shell in the namespace
    unshare --mount --pid --fork --kill-child sh -c '
        root=$1
        shift
        mount -t proc proc "$root/proc" && mkdir -p "$root/dev/shm" && mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" &&
            exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/srv LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"' sh "$root" "$@"
}
get() { inside apt-get -qq -y --no-install-recommends install "$@"; }

# ---- the README's programs, outside of any tree, by pkg-config ----
# shellcheck source=tests/lib/readme.sh
. tests/lib/readme.sh
programs() { mkdir -p "$root/tmp/readme" && readme_blocks "$root/tmp/readme/" && grep -q 'main(' "$root/tmp/readme/1.c" && [ -s "$root/tmp/readme/4.c" ]; }
# shellcheck disable=SC2016 # for the shell there
runs_by() {
    inside sh -c 'cd /tmp/readme && "$@" 1.c -o prog $(pkg-config --cflags --libs pawl) && ldd prog | grep -q "libpawl.so.0 => /" && ./prog' sh "$@" |
        grep -qxE 'settling 42 under token [0-9a-f]{32}'
}
# shellcheck disable=SC2016 # likewise
compile_by() { inside sh -c 'cd /tmp/readme && for block in *.c; do "$@" -Wall -Werror -c "$block" -o block.o $(pkg-config --cflags pawl) || exit; done' sh "$@"; }
try_programs() {
    local by
    try "the README's programs" programs
    for by in gcc clang 'g++ -xc++ -std=c++20'; do
        # shellcheck disable=SC2086 # a compiler and its language
        try "the first one builds by pkg-config and does what it says, $by" runs_by $by
        # shellcheck disable=SC2086 # likewise
        try "all of them compile without a warning, $by" compile_by $by
    done
}
