#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# newcomer.sh: what the README tells a reader to type, on a system that has nothing else: its two commands in a clone, each timed;
# then `make install`, and its programs outside of the tree. `make newcomer` runs it.
#
# It is a chroot: no /sys, no user namespaces. What tests lack there they name, and count as skipped.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
# shellcheck source=tests/lib/system.sh
. tests/lib/system.sh

clone() { git clone -q . "$root/srv/pawl" && git -C "$root/srv/pawl" log -1 --oneline; }
# typed COMMAND: it, by a shell in the clone, as it stands in the README; how long it took is left beside what it said.
# shellcheck disable=SC2016 # for the shell there
typed() {
    inside bash -c 'cd /srv/pawl && TIMEFORMAT="%R s, %U user, %S system" && { time $1 >/tmp/said 2>&1; } 2>/tmp/took' bash "$1"
    local status=$?
    cat "$root/tmp/said"
    return $status
}
tell() { echo "# $1: $(tail -n 1 "$root/tmp/took")$(sed -nE 's/^([0-9]+ passed, .*)/; \1/p' "$root/tmp/said" | tail -n 1)"; }
two() { [ "$(readme_commands | paste -sd,)" = 'make setup demo,make setup test' ]; }

try "the README has two commands" two
try "a system: $codename, minbase" system
try "git and make, which a reader has" get git make ca-certificates
try "a clone" clone
while read -r command; do
    try "$command" typed "$command"
    tell "$command"
done < <(readme_commands)
try "make install" typed 'make install'
tell 'make install'
try_programs
finish
