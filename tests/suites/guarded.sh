#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# guarded.sh: each example of a guarded write, against the real store, prints what its head says: a paused holder is refused.
#
# A story is of two hosts, and takes as long as a lease. BACKENDS=FOLDER other backends than those of build/release, SERVICES=KINDS
# other services than there are backends for.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch
: "${SERVICES=$(find src/backends -mindepth 1 -type d -printf '%f ')}" "${BACKENDS:=$PWD/build/release/backends}"
examples=build/release/tests/remote/examples
with_server=build/release/tests/remote/with_server
scheme_of() { [ "$1" = zookeeper ] && echo zk || echo "$1"; }
build() {
    local service
    make -s FLAVOR=release guarded || return
    [ "$BACKENDS" = "$PWD/build/release/backends" ] || return 0
    for service in $SERVICES; do
        make -s FLAVOR=release "build/release/backends/libpawl-$(scheme_of "$service").so" || return
    done
}

# as_promised FILE COMMAND...: it prints the text behind "Prints:" in the file's head, and ends well
as_promised() {
    local want said status
    want=$(sed -nE 's,^( \*|--) Prints: ,,p' "$1")
    said=$(timeout 120 "${@:2}")
    status=$?
    printf 'exit status %s; it printed:\n%s\n' "$status" "$said"
    [ "$status" = 0 ] && [ -n "$want" ] && [ "$said" = "$want" ]
}
# told KIND [ARGUMENT]: beside a server of that kind, which keeps the locks, and the data
told() {
    # shellcheck disable=SC2016 # $PORT is the server's
    PAWL_BACKEND_DIR=$BACKENDS as_promised "tests/remote/examples/guarded_$1.c" $with_server "$1" -- \
        sh -c '"$0" "$1://127.0.0.1:$PORT" "$PORT" $2' "$examples/guarded_$1" "$(scheme_of "$1")" "${2:-}"
}
in_sql() { as_promised tests/remote/examples/guarded.sql sh -c 'sqlite3 -batch :memory: <tests/remote/examples/guarded.sql'; }
# A program whose store takes everything must not pass.
unguarded() {
    sed 's/seen > ARGV\[1\]/seen == 0/' tests/remote/examples/guarded_redis.c >"$tap_scratch/guarded_redis.c" &&
        ! cmp -s "$tap_scratch/guarded_redis.c" tests/remote/examples/guarded_redis.c &&
        cc -D_GNU_SOURCE -Iinclude -Itests/remote/examples "$tap_scratch/guarded_redis.c" tests/remote/examples/story.c -o "$tap_scratch/guarded_redis" \
            build/release/libpawl.a -lhiredis $(pkg-config --libs liburcu-bp liburcu-cds) -pthread || return
    examples=$tap_scratch
    ! told redis >"$tap_scratch/said" && grep 'later: accepted' "$tap_scratch/said"
}
ends_with() {
    local want=$1 status
    shift
    "$@"
    status=$?
    echo "exit status $status"
    [ $status = "$want" ]
}

try "the examples, and the backends, can be built" build
try "SQL: UPDATE .. WHERE token <= ?" in_sql
for service in $SERVICES; do
    try "$service: a paused holder is refused, and told" told "$service"
    case $service in
    etcd) try "etcd, by the lock's own key" told etcd strict ;;
    redis) try "redis: a store that takes everything is seen" unguarded ;;
    esac
done
try "a command beside a server: its exit status" ends_with 7 $with_server redis -- sh -c 'exit 7'
try "a kind of server that there is not" ends_with 69 $with_server consul -- true
try "a server that is not installed" ends_with 69 env PATH=/nowhere $with_server redis -- true
finish
