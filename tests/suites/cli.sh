#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# cli.sh: what the subcommands of pawl print and how they end: text and JSON, hostile names, crashes, signals, a terminal.
# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"
# shellcheck disable=SC2016 # words in single quotes are for the shell under test

build_aid

# begin SCRIPT RUN-ARGUMENT...: `pawl run ARGUMENT... SCRIPT` in the background, $pid, its command running as $inner.
begin() {
    local script=$1
    shift
    rm -f "$dir/inner"
    "$PAWL" run "$@" "$dir/$script" "$dir/inner" &
    pid=$!
    strays+=("$pid")
    inner_started
}
end() {
    kill -9 "$inner" 2>/dev/null
    wait "$pid" 2>/dev/null
    until_true gone "$inner"
}

# ---- help, versions, mistakes ----

for sub in '' run ls show top reset rm doctor; do
    # shellcheck disable=SC2086 # no word at all for pawl itself
    said pawl $sub --help
    is "$rc $err" '0 ' "pawl $sub --help ends well, and prints on stdout only"
    has "$out" "Usage: pawl${sub:+ $sub}" "pawl $sub --help says how it is used"
    # shellcheck disable=SC2086
    is "$(pawl $sub --version)" 'pawl 0.1.0' "pawl $sub --version"
done
has "$(pawl run --help)" 'PAWL_FENCE' 'pawl run --help names the environment'
said pawl
is "$rc $out" '64 ' 'no subcommand: 64'
said pawl lst
is "$rc $out" '64 ' 'an unknown subcommand: 64'
has "$err" 'pawl ls' 'and the one that may have been meant'
said pawl $'x\e[31m'
lacks "$err" $'\e' 'an unknown subcommand is not printed raw'
said pawl show
is "$rc" 64 'show without a name: 64'
said pawl show a b
is "$rc" 64 'show with two: 64'
said pawl ls a
is "$rc" 64 'ls with an argument: 64'
said pawl ls -S 'a/b'
is "$rc $out" '64 ' 'a name that cannot be a space: 64, and no headings over nothing'
said pawl run -S '../x' name true
is "$rc" 64 'run: the same'
said pawl run '' true
is "$rc" 64 'run: an empty name: 64'
has "$err" '1 to 1015 bytes' 'and what a name is'
said pawl run -t 5s name true
is "$rc" 64 'run: a time to live, and no service that grants leases: 64'
has "$err" 'PAWL_REMOTE' 'and where one is named'
said pawl doctor -e $'x\e[31m'
is "$rc" 64 'doctor -e: no error: 64'
lacks "$err" $'\e' 'which is not printed raw'

# ---- looking where there is nothing ----

files=$(ls -A "$PAWL_DIR")
said pawl ls
is "$rc ${out%% *}" '0 NAME' 'ls of a space that is not there: no locks, no error'
has "$err" "$PAWL_DIR/pawl.$(id -u).default: no such space" 'and a word on stderr: where, and whose'
is "$(pawl ls --json 2>/dev/null | json locks)" '[]' 'the same as JSON: an empty list'
said pawl show x
is "$rc $out" '66 ' 'show in a space that is not there: 66'
said pawl show
is "$rc" 64 'show without a name: 64'
has "$err" 'NAME is missing' 'and what is missing'
said pawl reset x
is "$rc" 66 'reset: the same'
said pawl rm nothing
is "$rc" 66 'rm: the same'
is "$(pawl ls --spaces --json | json spaces)" '[]' 'ls --spaces: none'
for words in 'ls --spaces' 'ls --all-spaces' 'stat -a' 'stat -ap' 'top -ao -d 0.01'; do
    # shellcheck disable=SC2086 # words
    said env PAWL_DIR="$dir/nowhere" "$PAWL" $words
    is "$rc" 66 "$words of a directory that is not there: 66"
    has "$out$err" "$dir/nowhere: no such folder" 'and why'
done
is "$(PAWL_DIR=$dir/nowhere pawl stat -ap | tail -n 1)" 'pawl_space_readable{space="*"} 0' 'stat -p: something is wrong'
is "$(PAWL_DIR=$dir/nowhere pawl ls -aj 2>/dev/null | json locks)" '[]' 'ls --all-spaces --json is JSON'
has "$(PAWL_DIR=$PAWL pawl run x true 2>&1; PAWL_DIR=$PAWL pawl ls -a 2>&1)" 'not a folder' 'a PAWL_DIR that is a file'
pawl doctor >/dev/null
is "$(ls -A "$PAWL_DIR")" "$files" 'looking has made no file'

# ---- a lock that is held ----

begin stay 'orders/42'
fence=$(tr '\0' '\n' <"/proc/$inner/environ" | sed -n 's/^PAWL_FENCE=//p')
said pawl ls
is "$(wc -l <<<"$out")" 2 'ls: a heading and a line'
is "$(head -1 <<<"$out" | xargs)" 'NAME STATE PID TID COMMAND AGE WAITERS FENCE' 'ls: the columns'
is "$(tail -1 <<<"$out" | awk '{ print $1, $2, $3, $4, $5, $7, $8 }')" "orders/42 held $pid $pid pawl 0 $fence" 'ls: the lock'
lacks "$out" $'\e' 'ls: no colour where there is no terminal'
pawl ls --json >"$dir/json"
json <"$dir/json"
result $? 'ls --json is JSON' "$(cat "$dir/json")"
for pair in space=default name=orders/42 name_hex=6f72646572732f3432 state=held inconsistent=false pid="$pid" tid="$pid" \
    foreign_pid=false command=pawl waiters=0 fence="$fence" grants=1 contended=0 deaths=0 age_is_estimate=false; do
    is "$(json locks 0 "${pair%%=*}" <"$dir/json")" "${pair#*=}" "ls --json: ${pair%%=*}"
done
age=$(json locks 0 age_seconds <"$dir/json")
awk -v age="$age" 'BEGIN { exit !(age >= 0 && age < 600) }'
result $? 'ls --json: age_seconds' "$age"
said pawl show orders/42
is "$rc" 0 'show: 0'
has "$out" "process $pid" 'show: who holds it'
has "$out" "$fence" 'show: the fence'
is "$(pawl show --json orders/42 | json advice)" null 'show --json: no advice for a lock that is well'
said pawl show no-such-lock
is "$rc" 66 'show of a name that nobody has asked for: 66'
is "$(pawl ls --json | json locks 1 name)" '' 'and it has not come to be by that'
said pawl reset orders/42
is "$rc" 1 'reset of a lock that is held: 1'
is "$(pawl show --json orders/42 | json state)" held 'and it is held still'
said pawl rm default
is "$rc" 1 'rm of a space in use: 1'
is "$(pawl ls --spaces --json | json spaces 0 space)" default 'ls --spaces --json: the space'
is "$(pawl ls --spaces --json | json spaces 0 threads)" 1 'ls --spaces --json: its threads'
is "$(pawl ls --spaces | awk 'NR == 2 { print $1, $2, $4 }')" 'default 1 1' 'ls --spaces'
pawl run -S other free-one sh -c '"$1" ls --all-spaces --json >"$2/all"' sh "$PAWL" "$dir"
is "$(json locks 0 space <"$dir/all"),$(json locks 1 space <"$dir/all")" 'default,other' 'ls --all-spaces --json, in order'
has "$(pawl ls --all-spaces)" 'SPACE' 'ls --all-spaces has a column more'

# waiters, and the deadline of one of them
"$PAWL" run orders/42 true &
waiter=$!
strays+=("$waiter")
one_waits() { [ "$(pawl show --json orders/42 | json waiters)" = 1 ]; }
until_true one_waits
result $? 'a waiter is counted' "$(pawl show orders/42)"
end
wait "$waiter"
is $? 0 'and gets the lock when its owner has ended'
is "$(find "$PAWL_DIR" -type f ! -name '*+*')" '' 'the last one out has removed the space'

# ---- names that mean harm ----

aid hold default keeper keeper
names=('two words' ' ' '-n' $'new\nline' $'\e[31mred\e]0;title\a' $'tab\there' 'back\slash' 'grün' $'\xff\xfe' $'c1\xc2\x9bm'
    $'bidi\xe2\x80\xaegnp' '*' '$(touch x)' "$(printf 'n%.0s' {1..1015})")
for name in "${names[@]}"; do
    hex=$(printf %s "$name" | od -An -v -tx1 | tr -d ' \n')
    short=${hex:0:32}
    got=$(pawl run -- "$name" sh -c 'printf %s "$PAWL_LOCK"' | od -An -v -tx1 | tr -d ' \n')
    is "$got" "$hex" "name $short: run passes it on as it is"
    is "$(pawl show --json -- "$name" | json name_hex)" "$hex" "name $short: show --json has every byte"
    out=$(pawl show -- "$name"; pawl ls)
    LC_ALL=C grep -q '[^ -~]' <<<"$(LC_ALL=C tr -d '\n' <<<"$out")"
    is $? 1 "name $short: nothing but plain characters is printed in the C locale"
done
is "$(pawl ls | wc -l)" $((2 + ${#names[@]})) 'each name has one line'
pawl ls --json >"$dir/json"
json <"$dir/json"
result $? 'all of them together are JSON' "$(head -c 2000 "$dir/json")"
has "$(LC_ALL=C.UTF-8 pawl ls)" 'grün' 'a UTF-8 name is readable in a UTF-8 locale'
for part in $'\xc2\x9b' $'\xe2\x80\xae' $'\e' $'\xff'; do
    lacks "$(LC_ALL=C.UTF-8 pawl ls)" "$part" "what deceives is not printed there either: $(printf %q "$part")"
done
said pawl run "$(printf 'n%.0s' {1..1016})" true
is "$rc" 64 'a name of 1,016 bytes: 64'
said pawl show "$(printf 'n%.0s' {1..1016})"
is "$rc" 64 'show: the same'
is "$(pawl ls --busy --json | json locks 0 name),$(pawl ls --busy --json | json locks 1 name)" 'keeper,' 'ls --busy leaves out what is free'
end_aid
pawl rm default

# the thread's name is somebody else's text as well
aid hold default keeper $'a\e[7m\xff'
lacks "$(pawl ls; pawl show keeper)" $'\e' "a thread's name is not printed raw"
pawl ls --json | json locks 0 command >"$dir/json"
result $? "a thread's name that is not UTF-8 is JSON" "$(cat "$dir/json")"
end_aid

# ---- what a crash left behind ----

is "$(pawl show --json keeper | json state)" dead 'its owner killed: dead'
is "$(pawl show --json keeper | json state)" dead 'looking has not changed that'
has "$(pawl show keeper)" 'advice' 'show says what to do about it'
has "$(pawl doctor)" '1 dead' 'doctor counts it'
is "$(pawl show --json keeper | json state)" dead 'doctor has not changed that'
has "$(pawl run --verbose keeper true 2>&1)" 'owner died yes' 'run --verbose: owner died'

aid poison default broken
said pawl run broken true
is "$rc" 71 'run of a poisoned lock: 71'
has "$err" 'pawl reset' 'and what to do'
is "$(pawl show --json broken | json state)" poisoned 'show: poisoned'
has "$(pawl show broken)" 'pawl reset' 'show: what to do'
has "$(pawl doctor)" '1 poisoned' 'doctor warns of it'
is "$(pawl doctor --json | json verdict)" warn 'doctor --json: warn'
before=$(pawl show --json broken | json fence)
said pawl reset broken
is "$rc $out$err" '0 ' 'reset: 0, without a word'
is "$(pawl show --json broken | json state)" free 'then it is free'
said pawl reset broken
is "$rc" 1 'a second reset: 1'
after=$(pawl run broken sh -c 'echo "$PAWL_FENCE"')
[[ $after > $before ]]
result $? 'its tokens go on' "$before, $after"
end_aid

# The same where nobody else is in the space: whoever looks is the last to leave it.
spaces_left() { find "$PAWL_DIR" -type f -name '*.last' | wc -l; }
looks() { pawl show -S last "$1" && pawl ls -S last && pawl ls --all-spaces && pawl ls --spaces && pawl doctor; }
for option in '' -o; do
    # shellcheck disable=SC2086 # no word at all for none
    begin stay -S last $option left
    kill -9 "$pid"
    end
    for look in first second; do
        is "$(pawl show -S last --json left | json state)" dead "pawl run $option killed, nobody left: dead at the $look look"
        looks left >/dev/null
        result $? "and there is something to see at the $look look"
        said pawl reset -S last left
        is "$rc" 1 'reset of it: 1'
    done
    has "$(pawl run -S last --verbose left true 2>&1)" 'owner died yes' 'the next run is told'
    is "$(spaces_left)" 0 'and the space goes with it'
done

aid poison last broken
end_aid
for look in first second; do
    is "$(pawl show -S last --json broken | json state)" poisoned "poisoned, nobody left: so at the $look look"
    looks broken >/dev/null
    result $? "and there is something to see at the $look look"
done
said pawl run -S last broken true
is "$rc" 71 'run of it: 71'
said pawl reset -S last broken
is "$rc" 0 'reset of it: 0'
is "$(spaces_left)" 0 'and the space goes with the poison'

aid poison last broken
pawl reset -S last broken
end_aid
is "$(spaces_left)" 1 'a crash that leaves no lock behind leaves a file'
is "$(pawl show -S last --json broken | json state)" free 'in which there is nothing to tell'
is "$(spaces_left)" 0 'and who has looked removes it'

# a killed run whose command lives on
begin deaf killed
kill -9 "$pid"
wait "$pid" 2>/dev/null
is "$(pawl show --json killed | json state)" lingering 'pawl killed, its command alive: lingering'
is "$(pawl ls --json --busy | json locks 0 state)" lingering 'ls: the same'
has "$(pawl show killed)" 'still runs' 'show: why'
said pawl rm default
is "$rc" 1 'rm of a space with a lingering command: 1'
has "$(pawl doctor)" '1 lingering' 'doctor counts it'
end
pawl run -w 30 killed true
is $? 0 'free when the command has ended'

# ---- doctor ----

said pawl doctor
is "$rc" 0 'doctor: 0'
is "$(grep -cvE '^(ok  |warn|bad )  |^      ' <<<"$out")" 0 'doctor: each line is a verdict or a cure'
pawl doctor --json >"$dir/json"
json <"$dir/json"
result $? 'doctor --json is JSON' "$(cat "$dir/json")"
for check in 'futex_waitv' 'rseq' 'robust list' 'memfd' 'descriptors' 'file size' 'memory lock' 'directory' 'file system' 'free space' \
    'file locks' 'publishing' 'RemoveIPC' 'links of others'; do
    has "$(json checks <"$dir/json")" "\"check\":\"$check\"" "doctor looks at: $check"
done
said env GLIBC_TUNABLES=glibc.pthread.rseq=0 "$PAWL" doctor
is "$rc" 0 'doctor: no restartable sequences are no breakage'
has "$(grep '^warn  rseq' <<<"$out")" 'cannot be had' 'doctor: but a warning'
if grep -q '^Seccomp:' /proc/self/status; then
    said "$dir/aid" unable "$PAWL" doctor
    is "$rc" 0 'doctor: futex_waitv refused by a filter is no breakage'
    has "$(grep -A1 '^warn  futex_waitv' <<<"$out")" 'seccomp' 'doctor: but a warning'
    begin stay unable
    "$dir/aid" unable "$PAWL" run unable true &
    waiter=$!
    strays+=("$waiter")
    one_waits() { [ "$(pawl show --json unable | json waiters)" = 1 ]; }
    until_true one_waits
    end
    wait "$waiter"
    is $? 0 'a waiter without futex_waitv gets the lock as well'
else
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - futex_waitv refused by a filter # SKIP this kernel has no seccomp"
fi
said env PAWL_DIR="$dir/nowhere" "$PAWL" doctor
is "$rc" 2 'doctor: no such directory: 2'
has "$out" 'mkdir' 'and what to do'
mkdir -m 777 "$dir/open"
said env PAWL_DIR="$dir/open" "$PAWL" doctor
is "$rc" 2 'doctor: a directory where all may remove: 2'
has "$(bash -c 'ulimit -n 20; "$1" doctor' bash "$PAWL")" 'ulimit -n' 'doctor: few descriptors'
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
    mkdir "$dir/full"
    said env PAWL_DIR="$dir/full" unshare --mount sh -c 'mount -t tmpfs -o size=64k full "$PAWL_DIR" && "$1" run x true' sh "$PAWL"
    is "$rc" 71 'run where there is no room: 71'
    has "$err" 'full' 'and why'
    lacks "$err" 'a name has' 'which is no matter of the name'
fi
said bash -c 'ulimit -f 100; "$1" doctor' bash "$PAWL"
is "$rc" 2 'doctor: files too small for a space: 2'
: >"$PAWL_DIR/pawl.$(id -u).garbage"
chmod 600 "$PAWL_DIR/pawl.$(id -u).garbage"
said pawl doctor
is "$rc" 2 'doctor: a file that is no space: 2'
has "$out" 'space garbage' 'and which'
said pawl ls -S garbage
is "$rc" 66 'ls of it: 66'
said pawl ls --all-spaces
is "$rc" 66 'ls --all-spaces: 66, the others are listed'
said pawl run -S garbage name true
is "$rc" 66 'run in it: 66'
is "$(pawl ls --spaces --json 2>/dev/null | json spaces 0 names)" null 'ls --spaces --json: no counters'
chmod 644 "$PAWL_DIR/pawl.$(id -u).garbage"
said pawl rm garbage
is "$rc" 66 'rm of one that others might have written: 66'
has "$err" 'rm(1)' 'and who can'
rm "$PAWL_DIR/pawl.$(id -u).garbage"

# ---- the environment of the command ----

last=
for i in 1 2 3; do
    fence=$(pawl run -S here token sh -c 'echo "$PAWL_FENCE"')
    [[ $fence =~ ^[0-9a-f]{32}$ && $fence > $last ]]
    result $? "PAWL_FENCE grows from run to run, $i" "$last, $fence"
    last=$fence
done
is "$(pawl run -S here name sh -c 'echo "$PAWL_SPACE $PAWL_LOCK"')" 'here name' 'PAWL_SPACE, PAWL_LOCK'
is "$(PAWL_SPACE=there pawl run name sh -c 'echo "$PAWL_SPACE"')" there 'PAWL_SPACE chooses the space'
is "$(pawl run -S here name "$PAWL" ls --json | json locks 0 space)" here 'a pawl inside looks into the same space'

# ---- signals ----

stopped() { grep -q '^State:.T' "/proc/$1/status"; }
catching() { [ -s "$dir/caught" ]; }
caught() { grep -q "$1" "$dir/caught"; }
rm -f "$dir/caught"
# A shell's background job ignores INT and QUIT, and pawl would leave that as it is; a job of its own does not.
set -m
"$PAWL" run signals "$dir/aid" catch "$dir/caught" &
pid=$!
set +m
strays+=("$pid")
until_true catching
for signal in HUP USR1 USR2 INT QUIT; do
    kill -"$signal" "$pid"
    until_true caught "$signal=1"
    result $? "$signal to pawl reaches the command, once" "$(cat "$dir/caught")"
done
kill -TERM "$pid"
wait "$pid"
is $? 9 'TERM to pawl ends the command, whose own status counts'

begin stay signals
kill -TERM "$pid"
wait "$pid"
is $? 143 'a command that TERM kills: 143'
until_true gone "$inner"
is $? 0 'and it has ended'
is "$(pawl run -n signals echo free)" free 'and the lock is free'

begin stay signals
kill -STOP "$inner"
kill -9 "$pid"
wait "$pid" 2>/dev/null
kill -CONT "$inner"
until_true gone "$inner"
result $? 'pawl killed: the command gets TERM' "$(cat "/proc/$inner/status" 2>&1)"

rm -f "$dir/inner"
(trap '' HUP && exec "$PAWL" run signals "$dir/stay" "$dir/inner") &
pid=$!
strays+=("$pid")
inner_started
ignores_hup() { [ $((0x$(sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$1/status") & 1)) = 1 ]; }
ignores_hup "$inner"
result $? 'a signal that was ignored (nohup) is ignored by the command' "$(cat "/proc/$inner/status")"
kill -HUP "$pid"
kill -TERM "$pid"
wait "$pid"
is $? 143 'and by pawl'

set -m
begin stay signals
set +m
kill -TSTP "$pid"
until_true stopped "$inner"
result $? 'TSTP to pawl stops the command' "$(cat "/proc/$inner/status")"
until_true stopped "$pid"
result $? 'and pawl' "$(cat "/proc/$pid/status")"
is "$(pawl run -n signals echo free)" '' 'who is stopped has the lock'
kill -CONT "$pid"
until_true asleep "$inner"
result $? 'CONT to pawl continues the command' "$(cat "/proc/$inner/status")"
end

(trap '' CHLD && exec "$PAWL" run signals sh -c 'exit 6')
is $? 6 'CHLD ignored when pawl began: the status is known all the same'

# A typed ^C goes to the command once, by the terminal, and not a second time by us. A second one that comes while the first
# is pending would vanish in it: so pawl is stopped until the command has had its own. bash in between, because script(1)
# stops when its child does, and because bash goes on when a command it waited for has survived the ^C.
rm -f "$dir/caught"
has_taken() { asleep "$1" && [ $((0x$(sed -n 's/^ShdPnd:[[:space:]]*//p' "/proc/$1/status") & 2)) = 0 ]; }
{
    until_true catching
    command=$(cut -d' ' -f1 "$dir/caught")
    runner=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$command/status")
    kill -STOP "$runner"
    until_true stopped "$runner"
    printf '\003'
    until_true caught INT=1
    kill -CONT "$runner"
    until_true has_taken "$runner"
    kill -USR1 "$command"
    until_true caught USR1=1 # and so whatever was sent before
    kill -TERM "$command"
    until_true gone "$runner"
} | script -qec "exec bash -c '$PAWL run terminal $dir/aid catch $dir/caught; exit \$?'" /dev/null >/dev/null
is "$? $(cut -d' ' -f2- "$dir/caught")" '9 HUP=0 INT=1 QUIT=0 USR1=1 USR2=0' 'a typed ^C reaches the command once'

# and a script in which the command dies of it stops as well
rm -f "$dir/inner" "$dir/went-on"
{
    until_true test -s "$dir/inner"
    printf '\003'
    sleep 0.3
} | script -qec "exec bash -c '$PAWL run terminal $dir/stay $dir/inner; touch $dir/went-on'" /dev/null >/dev/null
[ ! -e "$dir/went-on" ]
result $? 'a typed ^C that ends the command ends the script around it' 'it went on'

# ---- output that cannot be written ----

for words in 'ls' 'ls --json' 'doctor' '--help' 'run --help' '--version'; do
    # shellcheck disable=SC2086
    said bash -c '"$@" >/dev/full' bash "$PAWL" $words
    is "$rc" 74 "pawl $words on a full disk: 74"
    has "$err" 'cannot write' "pawl $words on a full disk: and says so"
done
said bash -c 'trap "" PIPE; { "$1" doctor 2>"$2/err2"; echo $? >"$2/rc"; } | true' bash "$PAWL" "$dir"
until_true test -s "$dir/rc"
case $(cat "$dir/rc") in
0 | 74) result 0 'a reader that has gone, SIGPIPE ignored: 74, or it was all read' ;;
*) result 1 'a reader that has gone, SIGPIPE ignored: 74' "$(cat "$dir/rc" "$dir/err2")" ;;
esac
said bash -c '"$1" ls >&-' bash "$PAWL"
is "$rc" 74 'stdout closed: 74'
is "$(pawl run closed sh -c 'ls /proc/self/fd | wc -l' <&- 2>&-)" "$(sh -c 'ls /proc/self/fd | wc -l' <&- 2>&- 3</dev/null)" \
    'closed descriptors stay closed in the command'
# shellcheck disable=SC2069
is "$(script -qec "$PAWL run -S tty x $PAWL ls" /dev/null </dev/null | grep -c $'\e\[32mheld')" 1 'colour on a terminal'
is "$(script -qec "NO_COLOR=1 $PAWL run -S tty x $PAWL ls" /dev/null </dev/null | grep -c $'\e')" 0 'NO_COLOR: none'

# ---- the page ----

if command -v mandoc >/dev/null; then
    try 'the man pages are clean' mandoc -T lint -W warning src/man/*.[1-9]
fi
for word in run ls show top reset rm doctor PAWL_FENCE PAWL_LOCK PAWL_SPACE PAWL_DIR PAWL_REMOTE PAWL_BACKEND_DIR NO_COLOR; do
    try "the man page speaks of $word" grep -qw -- "$word" src/man/pawl.1
done
pawl run -S keys x sh -c '"$1" show x --json; "$1" ls --spaces --json; "$1" doctor --json; "$1" top -d 0.01 --once --json' sh "$PAWL" >"$dir/keys"
for key in $(grep -o '"[a-z_]*":' "$dir/keys" | tr -d '":' | sort -u); do
    try "the man page speaks of the key $key" grep -qw -- "$key" src/man/pawl.1
done

finish
