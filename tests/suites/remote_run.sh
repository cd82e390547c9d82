#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# remote_run.sh: `pawl run -r` from end to end. Two hosts are two PAWL_DIRs, a and b; their service is a directory (tests/remote).
# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"
# shellcheck disable=SC2016 # words in single quotes are for the shell under test

export PAWL_BACKEND_DIR=${PAWL%/*}/tests/remote
require "$PAWL_BACKEND_DIR/libpawl-dir.so"
build_aid
mkdir -m 700 "$dir/a" "$dir/b"

# service NAME: an empty one, in which nothing can be held from before, and its URL in $url.
service() {
    mkdir "$dir/$1" && echo 0 >"$dir/$1/.born"
    url=dir://$dir/$1
}
on() {
    local host=$1
    shift
    PAWL_DIR=$dir/$host "$@"
}

# begin HOST SCRIPT RUN-ARGUMENT...: `pawl run ARGUMENT... SCRIPT` there in the background, $pid, its command running as $inner.
begin() {
    local host=$1 script=$2
    shift 2
    rm -f "$dir/inner"
    PAWL_DIR=$dir/$host "$PAWL" run "$@" "$dir/$script" "$dir/inner" 2>"$dir/begun" &
    pid=$!
    strays+=("$pid")
    inner_started
}
end() {
    kill "$inner"
    wait "$pid"
}
# wait_on HOST RUN-ARGUMENT...: a run there in the background, $waiter, that asks for the lock; what it says is in $dir/waiter.
wait_on() {
    local host=$1
    shift
    PAWL_DIR=$dir/$host "$PAWL" run -v "$@" sh -c 'echo "$PAWL_FENCE"' >"$dir/waiter" 2>&1 &
    waiter=$!
    strays+=("$waiter")
}
tenure_is() { [ "$(on "$1" pawl show -S "$2" --json "$3" | json tenure)" = "$4" ]; }
revoked() { [ "$(on "$1" pawl show -S "$2" --json "$3" | json tenure_revoked)" = true ]; }

# Says its number, starts a grandchild in a session of its own, deaf to TERM, which says its number too, notes a TERM and ends.
cat >"$dir/family" <<'END'
#!/bin/sh
setsid sh -c 'trap "" TERM; echo $$ >"$1.kid.new" && mv "$1.kid.new" "$1.kid"; while :; do sleep 1; done' sh "$1" &
trap 'echo TERM >"$1.term"; exit 0' TERM
until [ -s "$1.kid" ]; do sleep 0.02; done
echo $$ >"$1.new" && mv "$1.new" "$1"
while :; do sleep 0.1; done
END
chmod +x "$dir/family"
begin_family() {
    rm -f "$dir/inner.kid" "$dir/inner.term"
    begin "$1" family "${@:2}"
    kid=$(cat "$dir/inner.kid")
    strays+=("$kid")
}

# ---- two hosts exclude each other ----

service one
begin a stay -S x -r "$url" name
is "$(on a pawl show -S x --json name | json tenure)" held 'show --json: tenure'
is "$(on a pawl show -S x --json name | json tenure_revoked)" false 'show --json: nobody else has asked'
is "$(on a pawl show -S x --json name | json remote url)" "$url" 'show --json: remote url'
is "$(on a pawl show -S x --json name | json remote up)" true 'show --json: remote up'
is "$(on a pawl show -S x --json name | json remote keeper_pid)" "$pid" 'show --json: its keeper'
is "$(on a pawl ls -S x | awk 'NR == 1 { print $9, $10 } NR == 2 { print $9 }' | xargs)" 'TENURE LEFT held' 'ls: two columns more'
has "$(on a pawl show -S x name)" 'service    up' 'show: the service is up'
[[ $(on a pawl show -S x name) =~ tenure\ +held,\ for\ another\ [0-9.]+m?s\ unless\ renewed ]]
result $? 'show: until when the lease is good' "$(on a pawl show -S x name)"

said on b pawl run -S x -r "$url" -n name true
is "$rc $out" '1 ' '-n: another host has the lock'
said on b pawl run -S x -r "$url" -n -E 42 name true
is "$rc" 42 '-n -E 42: the same'
said on b pawl run -S x -r "$url" -v -w 0.2 name true
is "$rc" 1 '-w: it has it all the time'
has "$err" 'did not get the lock' 'and -v says so'
said on a pawl run -S x -r "$url" -n name true
is "$rc" 1 '-n on its own host: 1 as well'
said on b pawl run -S x -r "$url" -n other echo had
is "$rc $out" '0 had' 'another name is another lock'
said on b pawl run -n name echo had
is "$rc $out" '0 had' 'and so is one of that name without a remote'

wait_on b -S x -r "$url" name
until_true revoked a x name
result $? 'that another host has asked is seen here' "$(on a pawl show -S x name)"
is "$(on a pawl ls -S x | awk 'NR == 2 { print $9 }')" 'held!' 'ls: held!'
until_true tenure_is b x name queued
result $? 'and there: queued' "$(on b pawl show -S x name)"
end
is $? 143 'the command ends as ever'
wait "$waiter"
is $? 0 'and the other host gets the lock'
has "$(cat "$dir/waiter")" 'remote yes' '-v: remote yes'
has "$(cat "$dir/waiter")" 'owner died no' '-v: nobody died'

# ---- tokens ----

service two
last=
for host in a b b a b a; do
    fence=$(on "$host" pawl run -r "$url" token sh -c 'echo "$PAWL_FENCE"')
    [[ $fence =~ ^[0-9a-f]{32}$ && $fence > $last ]]
    result $? "the token grows from host to host: $host" "$last, $fence"
    last=$fence
done
[[ ${last:0:16} != 0000000000000000 ]]
result $? 'its first half is the service'\''s' "$last"
has "$(on a pawl run -r "$url" token sh -c 'echo "$PAWL_SPACE"')" 'remote-' 'without -S, a space for each service'
is "$(on a pawl run -S default -r "$url" token sh -c 'echo "$PAWL_SPACE"')" default 'but for one that is named'
has "$(PAWL_REMOTE=$url on a pawl run -v token true 2>&1)" 'remote yes' 'PAWL_REMOTE names it as well'

echo 0 >"$dir/counter"
count() {
    for _ in $(seq 15); do
        on "$1" pawl run -r "$url" count sh -c 'n=$(cat "$1") && sleep 0.01 && echo $((n + 1)) >"$1"' sh "$dir/counter" || echo "ended with $?"
    done
}
count a >"$dir/count.a" 2>&1 &
counting=$!
count b >"$dir/count.b" 2>&1
wait $counting
is "$(cat "$dir/counter")" 30 'two hosts count, and none is lost'
is "$(cat "$dir/count.a" "$dir/count.b")" '' 'nor did one fail'

# ---- what a command leaves running ----

begin a leave -S left -r "$url" left
said on b pawl run -r "$url" -n left true
is "$rc" 1 'what the command left running keeps the lock'
asleep "$pid"
result $? 'and pawl, which renews the lease' "$(cat "/proc/$pid/status" 2>&1)"
kill "$inner"
wait "$pid"
is $? 0 'then it ends as the command did'
on b pawl run -r "$url" -w 30 left true
is $? 0 'and the other host has it'
begin a leave -o -S left -r "$url" left
wait "$pid"
is $? 0 '-o: pawl does not wait'
on b pawl run -r "$url" -w 30 left true
is $? 0 'and the lock is free'
kill -9 "$inner"

# ---- pawl stopped for longer than its lease ----

service stop
begin_family a -S stop -t 2s -r "$url" name
before=$(tr '\0' '\n' <"/proc/$kid/environ" | sed -n 's/^PAWL_FENCE=//p')
wait_on b -r "$url" -t 2s name
until_true revoked a stop name
kill -STOP "$pid"
wait "$waiter"
is $? 0 'pawl is stopped: the other host gets the lock'
after=$(tail -1 "$dir/waiter")
[[ $after > $before ]]
result $? 'with a larger token' "$before, $after"
gone "$inner"
is $? 1 'nobody has ended the command meanwhile'
kill -CONT "$pid"
wait "$pid"
is $? 75 'pawl goes on: 75'
has "$(cat "$dir/begun")" 'lease was lost' 'and it says why'
gone "$inner"
result $? 'its command has ended' "$(cat "/proc/$inner/status" 2>&1)"
gone "$kid"
result $? 'and what that started in another session' "$(cat "/proc/$kid/status" 2>&1)"

# ---- the service vanishes ----

service vanish
begin_family a -S vanish -t 2s -r "$url" name
rm -rf "${dir:?}/vanish"
until_true test -s "$dir/inner.term"
result $? 'the service is gone: the command gets TERM' "$(on a pawl show -S vanish name)"
wait "$pid"
is $? 75 'then: 75'
gone "$inner"
result $? 'the command has ended' "$(cat "/proc/$inner/status" 2>&1)"
gone "$kid"
result $? 'and what it left, deaf to TERM, is killed' "$(cat "/proc/$kid/status" 2>&1)"

# ---- a process that has no backend is nobody's successor ----

service heir
begin a stay -S heir -r "$url" name
keeper=$pid command=$inner
PAWL_BACKEND_DIR=$dir/nowhere begin a stay -S heir other
kill "$command"
wait "$keeper"
said on b pawl run -r "$url" -n name true
is "$rc" 0 'the last process that can speak to the service gives the lease back'
end

# ---- a service that is not there ----

url=dir://$dir/nowhere
for option in -n '-w 0.2'; do
    # shellcheck disable=SC2086 # two words
    said on a pawl run $option -r "$url" name echo ran
    is "$rc $out" '69 ' "no service, $option: 69"
    has "$err" "$url" 'and which'
    has "$err" 'cannot be reached' 'and what is the matter'
done

for option in '' '-n' '-w 60'; do
    # shellcheck disable=SC2086 # two words
    said on a timeout 20 "$PAWL" run $option -r "$url?bogus=1" name echo ran
    is "$rc $out" '64 ' "a URL that the backend does not take, $option: 64, and nobody waits"
    has "$err" "$url?bogus=1: " 'and which'
done

PAWL_DIR=$dir/a "$PAWL" run -r "$url" name echo ran >"$dir/patient" 2>&1 &
waiter=$!
strays+=("$waiter")
until_true grep -q 'still waiting' "$dir/patient"
result $? 'who waits as long as it takes is told why, meanwhile' "$(cat "$dir/patient")"
has "$(cat "$dir/patient")" "lock 'name': the lock service $url cannot be reached: " 'for which lock, and which service'
kill "$waiter"
wait "$waiter" 2>/dev/null
is $? 143 'and can be ended'

# ---- pawl is killed ----

service kill
begin a stay -S kill -t 2s -r "$url" name
kill -9 "$pid"
until_true gone "$inner"
result $? 'pawl is killed: the command gets TERM' "$(cat "/proc/$inner/status" 2>&1)"
wait "$pid" 2>/dev/null
on b pawl run -v -w 60 -r "$url" -t 2s name true >"$dir/killed" 2>&1
is $? 0 'the other host gets the lock'
has "$(cat "$dir/killed")" 'owner died yes' 'and is told that its owner died'
has "$(on b pawl run -v -w 60 -r "$url" -t 2s name true 2>&1)" 'owner died no' 'once'

# ---- spaces with another remote, or none ----

service other
begin a stay -S plain name
said on a pawl run -S plain -r "$url" name true
is "$rc" 64 'a space made without a remote: 64'
has "$err" 'made without a remote' 'and why'
end
service another
begin a stay -S taken -r "dir://$dir/other" name
said on a pawl run -S taken -r "$url" name true
is "$rc" 64 'a space of another service: 64'
has "$err" "dir://$dir/other" 'and which'
has "$err" "$url" 'and which was asked for'
said on a pawl run -S taken -n name true
is "$rc" 1 'without -r the space has the remote it was made with'
end
said on a pawl run -r nonsense://x name true
is "$rc" 66 'no such backend: 66'
has "$err" 'libpawl-nonsense.so' 'and which file it is'
has "$err" "$PAWL_BACKEND_DIR" 'and where it belongs'
for ttl in x -1s 0 1d 10ms 2h; do
    said on a pawl run -t "$ttl" -r "$url" name true
    is "$rc" 64 "-t $ttl: 64"
done
is "$(on a pawl ls --spaces --json | json spaces | grep -c remote-)" 0 'none of these has left a space'

# ---- secrets ----

# This backend takes no password, so the lock is not to be had; all others are shown the same URL.
PAWL_DIR=$dir/a PAWL_REMOTE="dir://me:sesame@host/x?a=1&token=sesame" "$PAWL" run -S secret -w 60 name true 2>"$dir/begun" &
pid=$!
strays+=("$pid")
known() { on a pawl show -S secret name >"$dir/shown" 2>/dev/null && grep -q 'not reached: .' "$dir/shown"; }
until_true known
result $? 'a password in the URL: it is looked at while it asks' "$(cat "$dir/shown" "$dir/begun")"
has "$(cat "$dir/shown")" 'dir://me:***@host/x?a=1&token=***' 'the rest of the URL is shown'
for look in 'show -S secret name' 'show -S secret --json name' 'ls -S secret' 'ls -S secret --json' 'ls --spaces --json' \
    'top -S secret --once -d 0.01' 'top -a --once --json -d 0.01' doctor; do
    # shellcheck disable=SC2086 # words
    said on a pawl $look
    lacks "$out$err" sesame "pawl $look does not show the password"
done
segments=("$dir"/a/pawl.*.secret)
grep -q 'dir://me' "${segments[@]}"
result $? 'its segment has the URL' "${segments[*]}"
grep -q sesame "${segments[@]}"
is $? 1 'but not the password'
kill -9 "$pid"
wait "$pid" 2>/dev/null
lacks "$(cat "$dir/begun")" sesame 'pawl run does not say it'
said on a env PAWL_REMOTE='dir://me:sesame@host/x' "$PAWL" run -S secret2 -w 0.1 name true
is "$rc" 69 'nor when it gives up: 69'
lacks "$err" sesame 'in what it says then'

finish
