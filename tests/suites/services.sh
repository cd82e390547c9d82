#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# services.sh: `pawl run -r` with the real services, by each protocol, and beside those who use them without pawl: etcdctl, redis-cli.
# Two hosts are two PAWL_DIRs, a and b.
# shellcheck disable=SC2016 # words in single quotes are for the shell under test
# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"

export PAWL_BACKEND_DIR=${PAWL%/*}/backends ETCDCTL_API=3
WITH=${PAWL%/*}/tests/remote/with_server
require "$WITH" "$PAWL_BACKEND_DIR"/libpawl-{redis,etcd,zk}.so
build_aid
mkdir -m 700 "$dir/a" "$dir/b"

# ---- servers and hosts ----

server=
# serve KIND: a new server, on $port, its process $served.
serve() {
    rm -f "$dir/served"
    "$WITH" "$@" -- sh -c 'echo "$PORT $SERVER_PID" >"$1.new" && mv "$1.new" "$1" && exec sleep 600' sh "$dir/served" >"$dir/server" 2>&1 &
    server=$!
    until_true test -s "$dir/served"
    result $? "$1: a server" "$(cat "$dir/server")"
    read -r port served <"$dir/served"
}
end_server() {
    [ -z "$server" ] || kill "$server" # and that removes its folder
    wait "$server" 2>/dev/null
    server=
}
trap 'end_server; cleanup' EXIT

redis() { redis-cli -p "$port" "$@" </dev/null; }
etcd() { etcdctl --endpoints "127.0.0.1:$port" "$@"; }

on() {
    local host=$1
    shift
    PAWL_DIR=$dir/$host "$@"
}
# begin HOST URL NAME: `pawl run` there in the background, $pid, its command running as $inner.
begin() {
    rm -f "$dir/inner"
    PAWL_DIR=$dir/$1 "$PAWL" run -S "$space" -t 3s -r "$2" "$3" "$dir/stay" "$dir/inner" 2>"$dir/begun" &
    pid=$!
    strays+=("$pid")
    inner_started
}
end() {
    kill "$inner"
    wait "$pid"
}
# wait_on HOST URL NAME: a run there in the background, $waiter, that asks for the lock; what it says is in $dir/waiter.
wait_on() {
    PAWL_DIR=$dir/$1 "$PAWL" run -v -S "$space" -t 3s -r "$2" "$3" sh -c 'echo "$PAWL_FENCE"' >"$dir/waiter" 2>&1 &
    waiter=$!
    strays+=("$waiter")
}
try_on() { said on "$1" pawl run -n -S "$space" -t 3s -r "$2" "$3" echo had; }
refused_on() {
    try_on "$@"
    is "$rc $out" '1 ' "$4"
}
had_on() {
    said on "$1" pawl run -w 30 -S "$space" -t 3s -r "$2" "$3" echo had
    is "$rc $out" '0 had' "$4"
}
fence_of() { tr '\0' '\n' <"/proc/$1/environ" | sed -n 's/^PAWL_FENCE=//p'; }
tenure_is() { [ "$(on "$1" pawl show -S "$space" --json "$2" | json tenure)" = "$3" ]; }

# ---- two hosts ----

spaces=0
# exclude URL WHAT: two hosts share a lock there. WHAT is `fenced` where tokens grow from host to host.
exclude() {
    local url=$1 before after
    space=s$((spaces += 1))
    tap_label=${url%%:*}${url#*"$port"}
    begin a "$url" name
    is "$(on a pawl show -S "$space" --json name | json tenure)" held "$tap_label: held"
    has "$(on a pawl ls -S "$space" | awk 'NR == 2 { print $9 }')" held "$tap_label: and ls shows it"
    refused_on b "$url" name "$tap_label: not to be had on another host"
    had_on b "$url" other "$tap_label: another name is another lock"
    before=$(fence_of "$inner")
    wait_on b "$url" name
    until_true tenure_is b name queued
    result $? "$tap_label: there it is queued" "$(on b pawl show -S "$space" name)"
    end
    wait "$waiter"
    is $? 0 "$tap_label: released, the other host gets it"
    has "$(cat "$dir/waiter")" 'owner died no' "$tap_label: and nobody died"
    after=$(tail -1 "$dir/waiter")
    if [ "$2" = fenced ]; then
        [[ $after > $before && ${after:0:16} != 0000000000000000 ]]
        result $? "$tap_label: with a larger token" "$before, $after"
    fi
    begin b "$url" name
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    had_on a "$url" name "$tap_label: pawl is killed, the other host gets it"
}

# ---- redis ----

serve redis
exclude "redis://127.0.0.1:$port" fenced
exclude "redis://127.0.0.1:$port/1?protocol=setnx" fenced
exclude "redis://127.0.0.1:$port/2?protocol=getset&clock_slack=100ms" unfenced

space=plain
url="redis://127.0.0.1:$port?protocol=setnx"
redis SETNX pawl:orders me >"$dir/said"
refused_on a "$url" orders 'redis-cli SETNX by hand: not to be had'
wait_on a "$url" orders
until_true tenure_is a orders queued
redis DEL pawl:orders >>"$dir/said"
wait "$waiter"
is $? 0 'DEL by hand: it is'
redis SETNX pawl:orders me >>"$dir/said"
redis EXPIRE pawl:orders 2 >>"$dir/said"
had_on a "$url" orders 'SETNX and EXPIRE by hand: when that has passed'
begin a "$url" orders
is "$(redis SETNX pawl:orders me)" 0 'pawl has it: SETNX by hand finds it taken'
is "$(redis TTL pawl:orders | grep -c '^[0-3]$')" 1 'with an end'
end
until_true [ "$(redis SETNX pawl:orders me)" = 1 ]
is "$(redis GET pawl:orders)" me 'and takes it afterwards'

url="redis://127.0.0.1:$port?protocol=getset&clock_slack=100ms"
redis SETNX pawl:times $(($(date +%s) + 3)) >>"$dir/said"
refused_on a "$url" times 'SETNX of a time by hand: not to be had'
had_on a "$url" times 'until that has passed'
begin a "$url" times
[ "$(redis GET pawl:times)" -ge "$(date +%s)" ]
result $? 'pawl has it: a time that is to come is there' "$(redis GET pawl:times)"
end

# ---- what can go wrong with it ----

space=wrong
redis CONFIG SET requirepass sesame >"$dir/said" 2>&1
for url in "redis://127.0.0.1:$port" "redis://:opensesame@127.0.0.1:$port" "redis://me:sesame@127.0.0.1:$port"; do
    try_on a "$url" name
    is "$rc $out" '69 ' "${url/sesame/***}: the password is wrong, or there is none: 69"
    has "$err" "127.0.0.1:$port" 'and which server'
    lacks "$err" sesame 'and not the password'
    space=wrong$((spaces += 1))
done
had_on a "redis://:sesame@127.0.0.1:$port" name 'with the password it is to be had'
lacks "$(on a pawl show -S "$space" name; on a pawl ls --spaces)" sesame 'which is not shown'
for url in "redis://127.0.0.1:$port?protocol=none" "redis://127.0.0.1:$port?speed=9" "redis://127.0.0.1:none" "redis://127.0.0.1:$port/x" \
    "etcd://127.0.0.1:1?protocol=none" "etcd://127.0.0.1:1/x" "zk://127.0.0.1:1?speed=9" zk:// etcd://; do
    space=wrong$((spaces += 1))
    try_on a "$url" name
    is "$rc $out" '64 ' "$url: 64"
    [ -n "${err#"pawl: $url: "}" ] && [[ $err == "pawl: $url: "* ]]
    result $? 'and why' "$err"
done
space=tls
try_on a "rediss://127.0.0.1:$port" name
is "$rc $out" '64 ' 'rediss://: 64'
has "$err" 'no TLS' 'there is no TLS'
has "$err" 'stunnel' 'and what to do'
space=dead
kill -9 "$served"
for url in "redis://:sesame@127.0.0.1:$port" "etcd://127.0.0.1:$port" "zk://127.0.0.1:$port"; do
    space=dead$((spaces += 1))
    said on a pawl run -w 1 -S "$space" -t 3s -r "$url" name echo had
    is "$rc $out" '69 ' "${url%%:*}: no server: 69"
    has "$err" "127.0.0.1:$port" 'and where it should be'
    lacks "$err" sesame 'and no password'
done
space=dead$((spaces += 1))
said on a pawl run -w 5 -S "$space" -t 3s -r "zk://127.0.0.1:$port,127.0.0.2:$port,127.0.0.3:$port,zookeeper.invalid:$port" name echo had
has "$err" "127.0.0.1:$port and 3 more: Connection refused: is it running, and serving?" 'of many servers, too, why, and what to do'
end_server

# ---- etcd ----

serve etcd
exclude "etcd://127.0.0.1:$port" fenced
exclude "etcd://127.0.0.1:$port?protocol=key" fenced
exclude "etcd://127.0.0.1:$port?protocol=v3lock" fenced

# by_hand NAME: `etcdctl lock` in the background, $pid, its command running as $inner.
by_hand() {
    rm -f "$dir/inner"
    etcd lock "$1" "$dir/stay" "$dir/inner" >"$dir/begun" 2>&1 &
    pid=$!
    strays+=("$pid")
    inner_started
}
space=etcdctl
for protocol in queue v3lock; do
    url="etcd://127.0.0.1:$port?protocol=$protocol"
    by_hand orders
    refused_on a "$url" orders "etcdctl lock has it: $protocol does not get it"
    wait_on a "$url" orders
    until_true tenure_is a orders queued
    end
    wait "$waiter"
    is $? 0 'and does when that has ended'
    begin a "$url" orders
    timeout 1 etcdctl --endpoints "127.0.0.1:$port" lock orders true >"$dir/said" 2>&1
    is $? 124 "$protocol has it: etcdctl lock does not get it"
    end
    timeout 20 etcdctl --endpoints "127.0.0.1:$port" lock orders true >"$dir/said" 2>&1
    is $? 0 'and does when that has ended'
    space=etcdctl-$protocol
done
space=queue
begin a "etcd://127.0.0.1:$port" orders
space=v3lock
refused_on b "etcd://127.0.0.1:$port?protocol=v3lock" orders 'queue has it: v3lock does not get it'
end
begin a "etcd://127.0.0.1:$port?protocol=v3lock" orders
space=queue
refused_on b "etcd://127.0.0.1:$port" orders 'v3lock has it: queue does not get it'
end

space=key
url="etcd://127.0.0.1:$port?protocol=key"
etcd put stock me >"$dir/said"
refused_on a "$url" stock 'etcdctl put by hand: not to be had'
wait_on a "$url" stock
until_true tenure_is a stock queued
etcd del stock >>"$dir/said"
wait "$waiter"
is $? 0 'etcdctl del by hand: it is'
lease=$(etcd lease grant 2 | awk '{ print $2 }')
etcd put --lease="$lease" stock me >>"$dir/said"
had_on a "$url" stock 'put with a lease by hand: when that has ended'
begin a "$url" stock
has "$(printf 'create("stock") = "0"\n\nput stock me\n\n\n' | etcd txn)" FAILURE 'pawl has it: a put if absent by hand finds it taken'
end
until_true [ -z "$(etcd get stock)" ]
result $? 'and nothing is left of it afterwards' "$(etcd get stock)"
end_server

# ---- zookeeper ----

serve zookeeper
exclude "zk://127.0.0.1:$port" fenced
exclude "zk://me:sesame@127.0.0.1:$port?prefix=mine" fenced
end_server

finish
