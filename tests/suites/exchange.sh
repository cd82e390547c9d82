#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# exchange.sh: the demo tells a good run from a broken one, refuses bad files in words, and leaves nothing behind.
# EXCHANGE=PROGRAM tests another build than build/release/exchange, BACKENDS=FOLDER other backends than those of build/release,
# SERVICES=KINDS other services than there are backends for.
# Between hosts, the service is a directory (tests/remote), then each that there is a backend for, by its own server.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
scratch
: "${EXCHANGE:=build/release/exchange}" "${BACKENDS:=$PWD/build/release/backends}"
directory=build/release/tests/remote/libpawl-dir.so
[ "$EXCHANGE" != build/release/exchange ] || make -s FLAVOR=release "$EXCHANGE" $directory || exit
require "$EXCHANGE" $directory
: "${SERVICES=$(find src/backends -mindepth 1 -type d -printf '%f ')}"
orders=tests/exchange/orders.csv
header=order,symbol,side,seller,quantity,price

# ends STATUS ARGUMENT...: runs it, keeps what it says, true if it ends so
ends() {
    local want=$1 status
    shift
    timeout -k 5 120 "$EXCHANGE" "$@" >"$tap_scratch/out" 2>"$tap_scratch/err"
    status=$?
    echo "exit status $status; it said:"
    cat "$tap_scratch/out" "$tap_scratch/err"
    [ "$status" = "$want" ]
}

# value KEY: a number of the JSON that the last run printed
value() { sed -n "s/^  \"$1\": \\([0-9]*\\),\$/\\1/p" "$tap_scratch/out"; }
at_least() { [ "$(value "$1")" -ge "$2" ]; }
is_zero() { [ "$(value "$1")" = 0 ]; }

zeros="double_sales lost_updates tokens_out_of_order two_owners deaths_unnoticed locks_stuck"

good_run() {
    local key
    ends 0 --orders $orders --seconds 1.5 --kills 30 --seed 7 --json || return
    for key in $zeros; do is_zero "$key" || return; done
    at_least kills 30 && at_least recovered 1 && at_least sales 1000 && [ "$(value seed)" = 7 ] &&
        [ "$(value orders)" = 3000 ] && [ "$(value kills_inside)" -ge $(($(value kills) / 2)) ]
}
one_worker() { ends 0 --orders $orders --workers 1 --threads 2 --seconds 0.5 --kills 10 --json && at_least kills 10; }
one_order() {
    { echo $header; echo 1,ALDR,sell,quay-1,7,0.01; } >"$tap_scratch/one.csv"
    ends 0 --orders "$tap_scratch/one.csv" --seconds 0.5 --kills 10 --json && at_least sales 10
}
nobody_killed() { ends 0 --orders $orders --seconds 0.3 --kills 0 --json && is_zero kills && is_zero recovered; }
table() {
    local words
    ends 0 --seconds 0.3 --kills 5 || return
    for words in orders sales "kills (SIGKILL)" "owner deaths recovered" "slowest recovery" "grants per second" \
        "double sales" "lost updates" "tokens out of order" "--seed " $orders; do
        grep -qF -- "$words" "$tap_scratch/out" || { echo "no $words"; return 1; }
    done
}
named_space() {
    mkdir "$tap_scratch/home" &&
        PAWL_DIR=$tap_scratch/home ends 0 --orders $orders --seconds 0.3 --kills 5 --space bazaar &&
        [ "$(ls "$tap_scratch/home")" = "pawl.$(id -u)+floor" ] # where tokens go on from: meant to stay
}

# shows KEY ARGUMENT...: a run with a planted fault ends with 1, and by that number
shows() {
    local key=$1
    shift
    ends 1 --orders $orders --seconds 1 --kills 30 --json "$@" && at_least "$key" 1 &&
        grep -q '"held": false' "$tap_scratch/out" && grep -q FAILED "$tap_scratch/err"
}
hang() {
    ends 1 --orders $orders --seconds 5 --kills 0 --patience 1 --break release &&
        grep -q HUNG "$tap_scratch/err" && grep -q '^  worker .* asking orders/' "$tap_scratch/err" &&
        grep -q '^  orders/.*: held' "$tap_scratch/err"
}

# on_hosts STATUS ARGUMENT...: a short run between hosts whose service is a new directory. None is frozen: it could have the
# directory's lock just then, and no other host would get any further.
on_hosts() {
    rm -rf "$tap_scratch/service" && mkdir "$tap_scratch/service" && echo 0 >"$tap_scratch/service/.born" || return
    PAWL_BACKEND_DIR=$PWD/${directory%/*} ends "$1" --orders $orders --remote "dir://$tap_scratch/service" --first 20 --seconds 1.5 \
        --ttl 0.5 --kills 10 --freezes 0 --json "${@:2}"
}
all_zero() {
    local key
    for key in $zeros; do is_zero "$key" || return; done
}
# of_hosts KEY: that number of each host, a line each
of_hosts() { grep -oE "\"$1\": [0-9]+" <(grep '^  "hosts": ' "$tap_scratch/out") | sed 's/.* //'; }
each_host() {
    local number n=0
    while read -r number; do
        [ "$number" -ge "$2" ] || return
        n=$((n + 1))
    done < <(of_hosts "$1")
    [ $n = "${3:-2}" ]
}
# A frozen holder came to the store too late, and was told so by both: the store and the lock.
told() { at_least freezes 1 && at_least refused 1 && [ $(($(of_hosts losses | paste -sd+))) -ge "$(value refused)" ]; }
two_hosts() {
    on_hosts 0 && all_zero && at_least kills 10 && each_host sales 10 && each_host tenures 2 && each_host keepers 2 && is_zero refused
}
three_hosts() { on_hosts 0 --hosts 3 && all_zero && each_host sales 10 3; }
lockless_hosts() { on_hosts 1 --no-lock && at_least two_owners 1; }
torn_hosts() { on_hosts 1 --break repair --hosts 1 --kills 60 --first 2 && at_least lost_updates 1; }
no_service() {
    PAWL_BACKEND_DIR=$PWD/${directory%/*} ends 69 --orders $orders --remote dir:///nowhere --ttl 0.1 --patience 0.5 &&
        grep -q 'dir:///nowhere: no lock to be had: .*No such file' "$tap_scratch/err" && [ ! -s "$tap_scratch/out" ]
}
no_backend() {
    PAWL_BACKEND_DIR=$tap_scratch ends 69 --orders $orders --remote nonsense://x && grep -q libpawl-nonsense.so "$tap_scratch/err"
}

# backend KIND: build it, if the folder is ours
backend() {
    local name=$1
    [ "$name" != zookeeper ] || name=zk
    [ "$BACKENDS" != "$PWD/build/release/backends" ] || make -s FLAVOR=release "build/release/backends/libpawl-$name.so"
}
# by STATUS KIND ARGUMENT...: a short run between hosts whose service is a server
by() {
    backend "$2" && PAWL_BACKEND_DIR=$BACKENDS ends "$1" --orders $orders --service "$2" --first 20 --seconds 4 --kills 10 --patience 30 \
        --json "${@:3}"
}
by_server() { by 0 "$1" && all_zero && at_least kills 10 && each_host sales 1 && told; }
each_frozen() { by 0 "$1" --hosts 3 --freezes 3 && all_zero && each_host sales 1 3 && at_least freezes 3 && told; }
no_gate() { by 1 "$1" --break store && at_least tokens_out_of_order 1; }

# bad TEXT: makes bad.csv of it; bad_line TEXT: the same, as line 3 of a file that is good so far
bad() { printf '%b' "$1" >"$tap_scratch/bad.csv"; }
bad_line() { bad "$header\n5,ALDR,sell,quay-1,10,1.50\n$1"; }

# refused WORDS: bad.csv is refused with status 66, in one line with these words, and nothing is run
refused() {
    ends 66 --orders "$tap_scratch/bad.csv" && [ ! -s "$tap_scratch/out" ] && [ "$(wc -l <"$tap_scratch/err")" = 1 ] &&
        grep -qF -- "$1" "$tap_scratch/err"
}

usage() { ends 64 "$@" && [ ! -s "$tap_scratch/out" ] && grep -q -- --help "$tap_scratch/err"; }
helps() { ends 0 --help && grep -q -- --break "$tap_scratch/out"; }
same_file() { "$EXCHANGE" --generate 3000 --seed 42 | cmp - $orders; }
other_file() { ! "$EXCHANGE" --generate 3000 --seed 43 | cmp -s - $orders; }

# interrupted SIGNAL ARGUMENT...: ends by that signal, and its workers, and a server, with it
interrupted() {
    local pid status
    timeout -k 5 60 "$EXCHANGE" --orders $orders --seconds 50 "${@:2}" >"$tap_scratch/out" 2>"$tap_scratch/err" &
    until pid=$(pgrep -P $!) && pgrep -P "$pid" >"$tap_scratch/workers"; do kill -0 $! && sleep 0.2 || return; done
    kill "-$1" "$pid"
    wait $!
    status=$?
    echo "exit status $status, $(wc -l <"$tap_scratch/workers") workers"
    [ -s "$tap_scratch/workers" ] && [ $status = $((128 + $(kill -l "$1"))) ] || return
    while read -r pid; do ! kill -0 "$pid" 2>/dev/null || return; done <"$tap_scratch/workers"
}
left_behind() { find /dev/shm "${TMPDIR:-/tmp}" -maxdepth 1 -name 'exchange.??????' -newer "$tap_scratch/begin" | grep .; }

touch "$tap_scratch/begin"
try "a good run: sales, kills, deaths recovered, zero violations" good_run
try "one worker, killed and replaced" one_worker
try "one order that all want" one_order
try "no kills, no deaths" nobody_killed
try "the table, of the shipped orders" table
try "a space of the user's choice, removed again" named_space
for key in double_sales lost_updates two_owners; do
    try "without the lock: $key" shows $key --no-lock
done
try "what dead owners tore stays torn: lost updates" shows lost_updates --break repair
try "stale tokens: out of order" shows tokens_out_of_order --break token
try "locks never given back: the watchdog says who waits" hang

try "between two hosts: both sell, nobody is refused, zero violations" two_hosts
try "between three" three_hosts
try "between hosts without the locks: two owners" lockless_hosts
try "a host alone with a service, what the dead tore stays torn: lost updates" torn_hosts
try "a service that is not there" no_service
try "a service without a backend" no_backend
for service in $SERVICES; do
    try "between two hosts by $service: a frozen holder is refused, and told" by_server "$service"
    PAWL_BACKEND_DIR=$BACKENDS try "SIGTERM ends it, its workers and $service" interrupted TERM --service "$service"
    [ "$service" != redis ] || {
        try "between three, each of them frozen once" each_frozen redis
        try "a store that does not look at tokens: out of order" no_gate redis
    }
done

rm -f "$tap_scratch/bad.csv"
try "no such file" refused "bad.csv: No such file or directory"
mkdir "$tap_scratch/bad.csv"
try "a directory" refused "bad.csv:1: cannot be read: Is a directory"
rmdir "$tap_scratch/bad.csv"
bad ''
try "an empty file" refused "bad.csv:1: the file is empty"
bad 'a,b,c\n'
try "another header" refused "bad.csv:1: the first line is not"
bad "$header\n"
try "no orders" refused "bad.csv:2: no order below the header"
bad_line '6,ALDR,sell,quay-1,1'
try "a file cut off in a line" refused "bad.csv:3: the line is cut off"
bad_line '6,ALDR,sell,quay-1\n'
try "fields missing" refused "bad.csv:3: 4 fields where 6 belong"
bad_line '6,ALDR,sell,quay-1,1,1.00,9\n'
try "fields too many" refused "bad.csv:3: 7 fields where 6 belong"
bad_line '6,ALDR,sell,quay-1,-5,1.00\n'
try "a negative quantity" refused 'bad.csv:3: quantity "-5" is not a whole number from 1 to 1000000'
bad_line '6,ALDR,sell,quay-1,0,1.00\n'
try "a quantity of nothing" refused 'bad.csv:3: quantity "0"'
bad_line '6,ALDR,sell,quay-1,18446744073709551617,1.00\n'
try "a quantity beyond 64 bits" refused 'bad.csv:3: quantity "18446744073709551617"'
bad_line '6,ALDR,sell,quay-1,7,-1.00\n'
try "a negative price" refused 'bad.csv:3: price "-1.00" is not an amount'
bad_line '6,ALDR,sell,quay-1,7,99999999999999999999.00\n'
try "a huge price" refused 'bad.csv:3: price "99999999999999999999.00"'
bad_line '6,ALDR,sell,quay-1,7,nan\n'
try "a price that is none" refused 'bad.csv:3: price "nan"'
bad_line '6,ALDR,buy,quay-1,7,1.00\n'
try "an order to buy" refused 'bad.csv:3: side "buy"'
bad_line ',ALDR,sell,quay-1,7,1.00\n'
try "no order id" refused 'bad.csv:3: order is empty'
bad_line '6/7,ALDR,sell,quay-1,7,1.00\n'
try "an id with a slash" refused 'bad.csv:3: order "6/7" holds something else'
bad_line "$(printf '9%.0s' {1..300}),ALDR,sell,quay-1,7,1.00\n"
try "an id of 300 letters" refused 'is longer than 31 characters'
bad_line '5,ALDR,sell,quay-1,7,1.00\n'
try "an id twice" refused 'bad.csv:3: order "5" is on line 2 already'
bad_line '6,AL\0DR,sell,quay-1,7,1.00\n'
try "a zero byte" refused 'bad.csv:3: holds a zero byte'
bad_line '6,AL\033[2JDR,sell,quay-1,7,1.00\n'
try "a byte that is no text" refused 'bad.csv:3: byte 5 is 0x1b'
head -c 20000 /dev/urandom >"$tap_scratch/bad.csv"
try "garbage" refused 'bad.csv:1: '
{ echo $header; seq -f '%.0f,ALDR,sell,quay-1,1,1.00' 50001; } >"$tap_scratch/bad.csv"
try "more orders than a run may have" refused 'more than 50000 orders'

try "--help" helps
try "an unknown option" usage --frobnicate
try "an argument too many" usage --orders $orders more
try "an option without its value" usage --orders
try "workers: none" usage --workers 0
try "workers: not a number" usage --workers 3x
try "threads: too many together" usage --workers 256 --threads 256
try "seconds: negative" usage --seconds -1
try "seconds: not a number" usage --seconds nan
try "kills: beyond 64 bits" usage --kills 99999999999999999999
try "a fault it does not know" usage --break everything
try "a service it cannot start" usage --service consul
try "a service that runs, and one to be started" usage --service redis --remote redis://localhost
try "hosts without a service" usage --hosts 2
try "hosts: too many" usage --remote dir:///x --hosts 17
try "one host, frozen" usage --remote dir:///x --hosts 1 --freezes 1
try "more hosts than workers" usage --remote dir:///x --hosts 4 --workers 3
try "a space of one's own between hosts" usage --remote dir:///x --space bazaar
try "the shipped orders are what --generate writes" same_file
try "another seed writes others" other_file
try "SIGINT ends it and its workers" interrupted INT
try "SIGTERM ends it and its workers" interrupted TERM
try "nothing is left behind" refuses left_behind
finish
