#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# top.sh: `pawl top`: samples as text and as JSON; on a terminal a page, which fits it and gives it back whatever ends it.
# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"
# shellcheck disable=SC2016 # words in single quotes are for the shell under test

build_aid
top() { "$PAWL" top -d 0.05 "$@"; }

# ---- mistakes ----

for words in 'x' '-d x' '-d 0' '-d -1' '-d 1.2.3' '-d 1e9' '-n 0' '-n x' '-n -1' '-n 99999999999999999999' '-S a/b' '--frob'; do
    # shellcheck disable=SC2086 # words
    said pawl top $words
    is "$rc $out" '64 ' "top $words: 64"
    is "$(grep -c . <<<"$err" | grep -c '^[1-9]')" 1 'and says why'
done

# ---- where there is nothing ----

said top --once
is "$rc $err" '0 ' 'no such space: no error'
has "$out" 'is not there' 'and it says so'
said top --once -a
is "$rc" 0 'no space at all: the same'
has "$out" "user $(id -u) has no spaces" 'and whose'
is "$(top --once --json | json locks)" '[]' 'as JSON: no locks'
is "$(ls -A "$PAWL_DIR")" '' 'looking has made no file'

# ---- what it reads ----

aid turn default busy
turner=$aid
aid hold default $'held\e[31m\n' $'a\e[7m\xff'
said top --once
is "$rc $err" '0 ' 'top --once: one sample'
is "$(sed -n 2p <<<"$out" | xargs)" 'NAME RATE WAITED WAIT50 WAIT99 WAITERS STATE PID COMMAND TOKEN' 'its columns'
is "$(wc -l <<<"$out")" 4 'the space, the headings, a line for each of two locks'
has "$(head -1 <<<"$out")" 'space default  threads 2  locks 2  recovered 0' 'the space'
is "$(awk 'NR == 3 { print $1, ($2 != "0" && $2 != "-") }' <<<"$out")" 'busy 1' 'the busy one first, with a rate'
LC_ALL=C grep -q '[^ -~]' <<<"$(tr -d '\n' <<<"$out")"
is $? 1 'nothing but plain characters is printed'
has "$out" 'held\x1b[31m\n' 'names are escaped'
top --once --json >"$dir/json"
json <"$dir/json"
result $? 'top --once --json is JSON' "$(cat "$dir/json")"
for pair in locks,0,name=busy locks,0,space=default locks,1,grants_per_second=0.0 locks,1,contended_per_second=0.0 locks,1,state=held \
    locks,1,tenure=null spaces,0,space=default spaces,0,error=null spaces,0,remote=null; do
    # shellcheck disable=SC2046 # keys are words
    is "$(json $(tr , ' ' <<<"${pair%=*}") <"$dir/json")" "${pair##*=}" "--json: ${pair%=*}"
done
rate=$(json locks 0 grants_per_second <"$dir/json") seconds=$(json seconds <"$dir/json") grants=$(json locks 0 grants <"$dir/json")
awk -v rate="$rate" -v seconds="$seconds" -v grants="$grants" 'BEGIN { exit !(rate > 0 && seconds > 0 && rate * seconds < grants) }'
result $? '--json: a rate, of grants since the reading before and no others' "rate $rate, seconds $seconds, grants $grants"
said top -n 3
is "$(grep -c '^space default' <<<"$out")" 3 'no terminal: -n 3 gives three samples'
lacks "$out" $'\e' 'without escape sequences'
is "$(top -n 2 --json | grep -c '^{')" 2 '--json -n 2: two objects'
aid hold other here pawl
has "$(top -a --once | sed -n 3p)" 'SPACE' '-a: a column for the space'
is "$(top -a --once --json | json spaces 1 space)" other '-a: every space'
: >"$PAWL_DIR/pawl.$(id -u).garbage"
chmod 600 "$PAWL_DIR/pawl.$(id -u).garbage"
said top -a --once
is "$rc" 66 'a space that cannot be opened: 66'
has "$out" 'space garbage  ' 'and why'
has "$out" 'space other  ' 'the others are there'
lacks "$(top -a --once --json | json spaces 1 error)" null '--json: error'
rm "$PAWL_DIR/pawl.$(id -u).garbage"

# A space that comes and goes while it is watched; whoever watches does not keep it.
"$PAWL" top -S brief -d 0.02 >"$dir/brief" &
watcher=$!
strays+=("$watcher")
until_true grep -q 'brief  is not there' "$dir/brief"
pawl run -S brief name sh -c 'until grep -q "name.*held" "$1"; do sleep 0.02; done' sh "$dir/brief"
is $? 0 'a space that comes to be is seen'
: >"$dir/brief.gone"
goes() { tail -n 2 "$dir/brief" | grep -q 'is not there'; }
until_true goes
is "$? $(find "$PAWL_DIR" -name '*.brief')" '0 ' 'and that it has gone'
kill -0 "$watcher"
is $? 0 'neither has ended the watcher'
kill "$watcher"
wait "$watcher"
is $? 143 'TERM does'
said bash -c '"$1" top -d 0.01 >/dev/full' bash "$PAWL"
is "$rc" 74 'a full disk ends it: 74'
bash -c 'trap "" PIPE; "$1" top -d 0.01 2>/dev/null; echo $? >"$2/rc"' bash "$PAWL" "$dir" | head -n 1 >/dev/null
is "$(cat "$dir/rc")" 74 'as does a reader that has gone'

# ---- on a terminal ----

ENTER=$'\e[?1049h' LEAVE=$'\e[?1049l' PAGE=$'\e[H\e[J'
tty_mode() { stty -F "$(cat "$dir/tty")" -g; }
raw() { stty -F "$(cat "$dir/tty")" -a | grep -q -e '-icanon'; }
pages() { [ "$(grep -oF "$PAGE" "$dir/screen" | wc -l)" -ge "$1" ]; }
stopped() { grep -q '^State:.T' "/proc/$1/status"; }
count() { grep -oF "$1" "$dir/screen" | wc -l; }

# on_terminal OPTION...: `pawl top OPTION...` on a terminal of 24 by 80, as a job of a shell, in the background; $pid. What it printed
# is in $dir/screen, how it ended in $dir/rc. What the function `typing` prints is typed.
on_terminal() {
    rm -f "$dir/screen" "$dir/rc" "$dir/top" "$dir/tty" "$dir/stopped" "$dir/after"
    mkfifo "$dir/keys"
    set -m # or INT and QUIT would be ignored there, as in any background job
    TERM=xterm script -qfec "stty rows 24 cols 80; exec bash $dir/session $*" "$dir/screen" <"$dir/keys" >/dev/null 2>&1 &
    script=$!
    set +m
    strays+=("$script")
    exec 9>"$dir/keys"
    rm "$dir/keys"
    until_true test -s "$dir/top"
    pid=$(cat "$dir/top")
    strays+=("$pid")
    until_true pages 1
}
off_terminal() {
    until_true gone "$script" || kill -9 "$script"
    wait "$script" 2>/dev/null
    exec 9>&-
    is "$(cat "$dir/after" 2>&1)" "$(cat "$dir/before")" "$1: the terminal is as it was"
    is "$(count "$ENTER") $(count "$LEAVE")" "${2:-1 1}" "$1: its page is left"
    has "$(cat "$dir/screen")" $'\e[?25h' "$1: the cursor is back"
}
cat >"$dir/session" <<END
tty >"$dir/tty"
stty -g >"$dir/before"
set -m
trap : INT # bash ends by the signal that a command of its has ended by
bash -c 'echo \$\$ >"$dir/top.new"; mv "$dir/top.new" "$dir/top"; ulimit -c 0; exec "\$@"' bash "$PAWL" top "\$@"
status=\$?
if [ \$status = 148 ]; then
    stty -g >"$dir/stopped"
    until [ -e "$dir/go" ]; do sleep 0.02; done
    fg >/dev/null
    status=\$?
fi
echo \$status >"$dir/rc"
stty -g >"$dir/after"
END

on_terminal -d 0.05
until_true pages 4
result $? 'a page is drawn anew' "$(cat "$dir/screen")"
raw
is $? 0 'keys come at once'
has "$(cat "$dir/screen")" $'\e[32mheld' 'in colour'
printf q >&9
off_terminal q
is "$(cat "$dir/rc")" 0 'q: 0'
has "$(sed "s/.*$(printf '\e')\[?1049l//" "$dir/screen" | tail -n 6)" 'busy' 'what was seen last stays'

on_terminal -d 100
printf '\003' >&9
off_terminal 'a typed ^C'
is "$(cat "$dir/rc")" 130 'a typed ^C: 130'

for signal in HUP:129 QUIT:131 TERM:143 SEGV:139 ABRT:134 PIPE:141; do
    on_terminal -d 100
    kill -"${signal%:*}" "$pid"
    off_terminal "$signal"
    is "$(cat "$dir/rc")" "${signal#*:}" "$signal: it ends by that signal"
done

on_terminal -n 2 -d 0.01
off_terminal '-n 2'
is "$(cat "$dir/rc")" 0 '-n 2: 0'

rm -f "$dir/go"
on_terminal -d 100
kill -TSTP "$pid"
until_true test -s "$dir/stopped"
is "$(cat "$dir/stopped")" "$(cat "$dir/before")" 'stopped: the shell has its terminal'
stopped "$pid"
result $? 'and it is stopped' "$(cat "/proc/$pid/status")"
pages_before=$(count "$PAGE")
: >"$dir/go"
until_true pages $((pages_before + 1))
result $? 'continued: the page is drawn anew' "$(cat "$dir/screen")"
until_true raw
is $? 0 'and keys come at once'
printf q >&9
off_terminal 'stopped and continued' '2 2'

# lines PAGE_NUMBER: what the page had, the last page being that of the end
page() { tr -d '\r' <"$dir/screen" | awk -v RS="$(printf '\033\\[H\033\\[J|\033\\[\\?1049l')" -v n="$1" 'NR == n + 1' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'; }
widest() { awk '{ if (length > w) w = length } END { print w + 0 }'; }
for i in $(seq 12); do
    pawl run "a-name-of-forty-columns-which-is-not-cut-$i" true
done
on_terminal -d 100
stty -F "$(cat "$dir/tty")" cols 40 # two changes: both at once are two as well, with a page between them or not
until_true pages 2
stty -F "$(cat "$dir/tty")" rows 8
until_true pages 3
result $? 'another size: the page is drawn anew' "$(cat "$dir/screen")"
printf q >&9
off_terminal 'another size'
[ "$(page 1 | wc -l)" -ge 15 ] && [ "$(page 1 | widest)" -le 80 ]
result $? 'a page of 24 by 80' "$(page 1)"
[ "$(page 3 | sed '/^$/d' | wc -l)" = 7 ] && [ "$(page 3 | widest)" -le 40 ]
result $? 'and one of 8 by 40, the last row empty' "$(page 3)"
has "$(page 3)" '+ ' 'in which names are cut'

is "$(TERM=dumb script -qec "$PAWL top -n 1 -d 0.01" /dev/null </dev/null | grep -c $'\e')" 0 'a dumb terminal: plain samples'
is "$(TERM=xterm script -qec "$PAWL top --once -d 0.01" /dev/null </dev/null | grep -cF "$ENTER")" 0 '--once: no page'
is "$(TERM=xterm script -qec "NO_COLOR=1 $PAWL top --once -d 0.01" /dev/null </dev/null | grep -c $'\e')" 0 'NO_COLOR: none'

kill "$turner"
wait "$turner" 2>/dev/null
finish
