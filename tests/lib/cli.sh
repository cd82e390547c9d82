# SPDX-License-Identifier: BSD-2-Clause
# cli.sh: for the suites of the command to source: the binary, a directory of spaces, answers compared, waiting by looking.
# shellcheck shell=bash

# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/tap.sh"

PAWL=$(realpath "${PAWL:-build/release/pawl}")
require "$PAWL"

shm=/dev/shm
[ -w $shm ] || shm=${TMPDIR:-/tmp}
dir=$(mktemp -d "$shm/pawl-suite.XXXXXX") || exit
export PAWL_DIR=$dir/spaces
mkdir -m 700 "$PAWL_DIR"
export LC_ALL=C
unset PAWL_SPACE PAWL_LOCK PAWL_FENCE PAWL_REMOTE PAWL_BACKEND_DIR SHELL NO_COLOR

pawl() { "$PAWL" "$@"; }

# Whatever still runs in our name is ended by its number, and the directory goes.
strays=()
cleanup() {
    disown -a # or the shell would tell of each
    [ ${#strays[@]} = 0 ] || kill -9 "${strays[@]}" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# result STATUS NAME WHY: one test whose outcome is known.
result() {
    tap_n=$((tap_n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $tap_n - $2"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_n - $2"
        printf '#   %s\n' "${3//$'\n'/$'\n'#   }"
    fi
}

# is FOUND WANTED NAME
is() {
    [ "$1" = "$2" ]
    result $? "$3" "found:  $1"$'\n'"wanted: $2"
}

# has TEXT PART NAME; lacks TEXT PART NAME
has() {
    [[ $1 == *"$2"* ]]
    result $? "$3" "found: $1"$'\n'"wanted in it: $2"
}
lacks() {
    [[ $1 != *"$2"* ]]
    result $? "$3" "found: $1"$'\n'"not wanted in it: $2"
}

# said COMMAND...: its stdout in $out, stderr in $err, exit status in $rc.
said() {
    out=$("$@" 2>"$dir/err")
    rc=$?
    err=$(cat "$dir/err")
}

# build_aid: make the helper, tests/suites/cli_aid.c; without it there is no suite.
build_aid() {
    # shellcheck disable=SC2046 # flags are words
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Iinclude -o "$dir/aid" tests/suites/cli_aid.c "${PAWL%/*}/libpawl.a" \
        $(pkg-config --cflags --libs liburcu-bp liburcu-cds jansson) -pthread || exit
}
json() { "$dir/aid" json "$@"; }

# aid ARGUMENT...: the helper in the background, $aid, once it is ready.
aid() {
    rm -f "$dir/aid.out" # the shell in the background empties it too, but perhaps later than we read the last one's word
    "$dir/aid" "$@" >"$dir/aid.out" &
    aid=$!
    strays+=("$aid")
    until_true grep -q ready "$dir/aid.out"
}
end_aid() {
    kill -9 "$aid"
    wait "$aid" 2>/dev/null
}

# until_true COMMAND...: try it every 20 ms, for half a minute at most.
until_true() {
    local tries=1500
    until "$@" 2>/dev/null; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.02
    done
}

# gone PID: it has ended, whether or not anybody has asked for its status.
gone() {
    ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}
asleep() {
    grep -q '^State:.S' "/proc/$1/status"
}

# Says its process id in the file $1, and then stays until it is ended.
cat >"$dir/stay" <<'END'
#!/bin/sh
echo $$ >"$1.new" && mv "$1.new" "$1" && exec sleep 120
END
# The same, deaf to TERM.
cat >"$dir/deaf" <<'END'
#!/bin/sh
trap '' TERM
echo $$ >"$1.new" && mv "$1.new" "$1" && exec sleep 120
END
# The same, in the background: the command itself ends at once.
cat >"$dir/leave" <<'END'
#!/bin/sh
sleep 120 >/dev/null 2>&1 &
echo $! >"$1.new" && mv "$1.new" "$1"
END
chmod +x "$dir/stay" "$dir/deaf" "$dir/leave"

# inner_started: wait for one of these to say its number in $dir/inner, and leave it in $inner.
inner_started() {
    until_true test -s "$dir/inner"
    inner=$(cat "$dir/inner")
    strays+=("$inner")
}
