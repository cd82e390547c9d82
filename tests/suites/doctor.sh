#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# doctor.sh: `pawl doctor -e` explains every error that the headers name; `pawl doctor -r` tries a lock service from end to end, here
# the directory's, and says which step fails, why, and what to do.
# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"

build_aid
require "${PAWL%/*}/tests/remote/libpawl-dir.so"

# ---- errors ----

named() { grep -ohE '\bE[A-Z]{3,}\b' include/pawl/*.h | sort -u | grep -vxE 'EINTR'; } # never returned, as they say
explained() { pawl doctor -e | sed -nE 's/^(E[A-Z]+) \([0-9]+\): .*/\1/p' | sort; }
is "$(explained)" "$(named)" 'every error in the headers is explained, and no other'
is "$(pawl doctor -e | grep -c '^  cure ')" "$(named | wc -l)" 'each with a cure'
said pawl doctor -e estale 28
is "$rc $(grep -c '^E' <<<"$out")" '0 2' 'by name and by number'
has "$out" 'lease had been lost' 'what it means'
has "$out" "KiB are free in $PAWL_DIR" 'and where the limit lies here'
# Nothing of it is cut in the middle of a word, however narrow the terminal.
widest() { script -qec "stty cols 60; $*" /dev/null </dev/null | tr -d '\r' | awk '{ n = length > n ? length : n } END { print n }'; }
wide=$(widest "$PAWL" doctor -e)
is "$((wide > 30 && wide <= 60))" 1 "60 columns: no line is wider ($wide)"
is "$(pawl doctor -e --json EMFILE | json 0 error)" EMFILE 'as JSON'
for words in '-e NOSUCH' 'EBUSY' '-e -r x://y' '-r x://y -t soon' '-t 3s'; do
    # shellcheck disable=SC2086 # words
    said pawl doctor $words
    is "$rc" 64 "doctor $words: 64"
done

# ---- what the kernel lets others do ----

# in_the_open COMMAND...: where everybody may make files, and the kernel restricts no links of theirs
in_the_open() {
    echo 0 >"$dir/off"
    mkdir -m 700 "$dir/open" && chmod 1777 "$dir/open"
    PAWL_DIR=$dir/open OFF=$dir/off unshare --mount sh -c 'for f in symlinks hardlinks regular fifos; do
        mount --bind "$OFF" "/proc/sys/fs/protected_$f" || exit 99; done; exec "$@"' sh "$@"
}
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
    has "$(in_the_open "$PAWL" doctor)" "off: protected_symlinks protected_hardlinks protected_regular protected_fifos, and $dir/open is open" \
        'every setting that is off is named'
fi

# ---- a service ----

export PAWL_BACKEND_DIR=${PAWL%/*}/tests/remote
mkdir "$dir/shelf"
said pawl doctor -t 3s -r "dir://$dir/shelf" # so long that a busy machine keeps up
is "$rc" 0 'doctor -r: a service that is as it should be'
is "$(sed -nE 's/^ok    ([a-z]+): .*/\1/p' <<<"$out" | xargs)" 'connect acquire renew exclude release lose notice' 'all its steps'
is "$(grep -cE '[0-9] (ms|s)|in vain|ESTALE' <<<"$out")" 7 'each with its time, or what came of it'
has "$out" 'its owner known to be dead' 'a host that is stopped with the lock counts as dead'
is "$(find "$PAWL_DIR" -name 'pawl-doctor.*' | wc -l)" 0 'nothing is left behind'

pawl doctor -r "dir://$dir/nowhere" --json >"$dir/json"
is "$(json verdict <"$dir/json") $(json checks 0 check <"$dir/json")" 'bad connect' 'as JSON'

said pawl doctor -r "dir://$dir/nowhere"
is "$rc" 2 'a service that is not there: 2'
has "$out" 'bad   connect: ' 'the step that failed'
has "$out" 'No such file or directory' 'its cause'
is "$(grep -c '^ok' <<<"$out")" 0 'none after it'
said pawl doctor -r 'nosuch://x'
is "$rc" 2 'no such backend: 2'
has "$out" 'install the backend for nosuch://' 'and what to do'
chmod 500 "$PAWL_DIR"
[ "$(id -u)" = 0 ] || has "$(pawl doctor -r "dir://$dir/shelf")" 'bad   prepare' 'no place for two hosts'
chmod 700 "$PAWL_DIR"

echo "1..$tap_n"
[ "$tap_failed" = 0 ]
