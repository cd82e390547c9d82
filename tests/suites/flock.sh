#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# flock.sh: flock(1) and `pawl run` side by side through one table of cases. A row says that both do the same, or that they
# differ on purpose, and how. Where flock(1) is not installed, the answers of util-linux 2.38.1 that stand in the table are
# what pawl is compared with.

# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"
# shellcheck disable=SC2016 # words in single quotes are for the shell under test

have_flock=$(command -v flock)

# lock OPTION... TARGET...: the tool of this pass, in the foreground; lock_bg: in the background, its number in $pid.
lock() {
    if [ "$tool" = flock ]; then flock "$@"; else "$PAWL" run "$@"; fi
}
lock_bg() {
    if [ "$tool" = flock ]; then flock "$@" & else "$PAWL" run "$@" & fi
    pid=$!
    strays+=("$pid")
}

# say WORD...: a part of the case's answer.
say() {
    answer="${answer:+$answer, }$*"
}
status() {
    "$@" >/dev/null 2>&1
    say $?
}

# hold [OPTION]... SCRIPT: take the lock in the background and wait until the command runs, as $inner, under $pid.
hold() {
    rm -f "$dir/inner"
    local script=$1
    shift
    lock_bg "$@" "$target" "$dir/$script" "$dir/inner"
    inner_started
}
let_go() {
    kill -9 "$inner" 2>/dev/null
    wait "$pid" 2>/dev/null
    until_true gone "$inner"
}
# What an attempt says while it is held.
busy() {
    hold stay
    "$@"
    let_go
}

# free_now: whether an attempt succeeds, said as "locked" or "free".
free_now() {
    if lock -n "$target" true; then say free; else say locked; fi
}

try_n() { busy status lock -n "$target" true; }
try_nb() { busy status lock --nb "$target" true; }
try_nonblock() { busy status lock --nonblock "$target" true; }
wait_out() { busy status lock -w 0.2 "$target" true; }
wait_long_option() { busy status lock --wait 0.05 "$target" true; }
wait_timeout_option() { busy status lock --timeout=.05 "$target" true; }
wait_zero() { busy status lock -w 0 "$target" true; }
wait_zero_fraction() { busy status lock -w 0.0 "$target" true; }
code_42() { busy status lock -n -E 42 "$target" true; }
code_42_wait() { busy status lock -w 0.05 --conflict-exit-code=42 "$target" true; }
code_0() { busy status lock -n -E 0 "$target" false; }
code_255() { busy status lock -n -E 255 "$target" true; }
code_joined() { busy status lock -nE42 "$target" true; }
code_300() { status lock -E 300 "$target" true; }
code_negative() { status lock -E -1 "$target" true; }
code_word() { status lock -E x "$target" true; }
wait_word() { status lock -w x "$target" true; }
wait_empty() { status lock -w '' "$target" true; }
wait_two_dots() { status lock -w 1.2.3 "$target" true; }
wait_negative() { status lock -w -1 "$target" true; }
unknown_option() { status lock --zork "$target" true; }
unknown_letter() { status lock -Z "$target" true; }
no_argument() { status lock; }
no_command() { status lock "$target"; }
option_behind() { status lock "$target" -n true; }
dashes_before() { status lock -n -- "$target" sh -c 'exit 3'; }
exclusive() { status lock -x "$target" true && status lock -e "$target" true && status lock --exclusive "$target" true; }
shared() { status lock -s "$target" true; }
unlock() { status lock -u "$target" true; }
no_fork() { status lock -F "$target" true; }
cannot_open() {
    if [ "$tool" = flock ]; then
        status flock "$dir/nowhere/lock" true
    else
        status env PAWL_DIR="$dir/nowhere" "$PAWL" run name true
    fi
}

command_7() { status lock "$target" sh -c 'exit 7'; }
command_255() { status lock "$target" sh -c 'exit 255'; }
command_term() { status lock "$target" sh -c 'kill -TERM $$'; }
command_kill() { status lock "$target" sh -c 'kill -KILL $$'; }
shell_words() { status lock "$target" -c 'test $((2 + 2)) = 4 && exit 5'; }
shell_long() { status lock "$target" --command 'exit 6'; }
shell_chosen() { status env SHELL=/bin/echo true && say "$(SHELL=/bin/echo && export SHELL && lock "$target" -c words)"; }
shell_two() { status lock "$target" -c true true; }
shell_none() { status lock "$target" -c; }
shell_before() { status lock -c true "$target"; }
arguments() { say "$(lock "$target" printf '<%s>' 'a b' '' '*' -n --)"; }
input() { say "$(echo text | lock "$target" cat)"; }
missing() { status lock "$target" "$dir/no-such-command"; }
missing_in_path() { status lock "$target" no-such-command-anywhere; }
not_executable() { status lock "$target" /etc/passwd; }
is_directory() { status lock "$target" /etc; }

verbose() {
    for stream in stdout stderr; do
        text=$(if [ $stream = stdout ]; then lock --verbose "$target" true 2>/dev/null
            else lock --verbose "$target" true 2>&1 >/dev/null; fi)
        case $text in
        *'getting lock took '*' seconds'*) say "on $stream" ;;
        esac
    done
}
verbose_busy() {
    hold stay
    text=$(lock --verbose -n "$target" true 2>&1)
    say $? "$(test -n "$text" && echo 'and says why')"
    let_go
}
quiet_busy() {
    hold stay
    text=$(lock -n "$target" true 2>&1)
    say "$? <$text>"
    let_go
}

waiter_gets_it() {
    hold stay
    rm -f "$dir/got"
    lock_bg -w 30 "$target" touch "$dir/got"
    waiter=$pid
    kill -9 "$inner"
    wait "$waiter"
    say $? "$(test -e "$dir/got" && echo 'ran')"
}
nested() { status lock "$target" sh -c '
    tool=$1 PAWL=$2 target=$3
    if [ "$tool" = flock ]; then flock -n "$target" true; else "$PAWL" run -n "$target" true; fi' sh "$tool" "$PAWL" "$target"; }
waiter_ended() {
    hold stay
    lock_bg "$target" true
    until_true asleep "$pid"
    kill -TERM "$pid"
    wait "$pid"
    say $?
    free_now
    kill -9 "$inner"
    lock -w 30 "$target" true
    say $?
}

# ---- the descriptor ----

# How many more descriptors the command has than one that runs under nothing.
descriptors() {
    bare=$(sh -c 'ls /proc/self/fd | wc -l')
    under=$(lock "$@" "$target" sh -c 'ls /proc/self/fd | wc -l')
    say $((under - bare))
}
descriptor() { descriptors; }
descriptor_closed() { descriptors -o; }
descriptor_given() { lock "$target" sh -c 'echo text >&9' 9>"$dir/nine" && say "$(cat "$dir/nine")"; }
background() {
    hold leave
    wait "$pid"
    say $?
    free_now
    kill -9 "$inner"
    until_true gone "$inner"
    lock -w 30 "$target" true
    say $?
}
background_closed() {
    hold leave -o
    wait "$pid"
    say $?
    free_now
    kill -9 "$inner"
}
background_long() {
    hold leave --close
    wait "$pid"
    free_now
    kill -9 "$inner"
}
killed() {
    hold deaf
    kill -9 "$pid"
    wait "$pid"
    say $?
    free_now
    kill -9 "$inner"
    lock -w 30 "$target" true
    say $?
}
killed_closed() {
    hold deaf -o
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    lock -w 30 "$target" true
    say $?
    gone "$inner" || say 'the command lives'
    kill -9 "$inner"
}
# Does the command end when the tool is ended? One that is deaf to it would be called alive after ten seconds; flock's is
# known to live on, and half a second is enough to see that it does.
ends_too() {
    local tries=500
    [ "$tool" = pawl ] || tries=25
    until gone "$inner" || [ $tries -eq 0 ]; do
        tries=$((tries - 1))
        sleep 0.02
    done
    if gone "$inner"; then say 'the command ends'; else say 'the command lives'; fi
    kill -9 "$inner" 2>/dev/null
}
killed_ends() {
    hold stay
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    ends_too
}
ended_ends() {
    hold stay
    kill -TERM "$pid"
    wait "$pid" 2>/dev/null
    say $?
    ends_too
}

# ---- the table ----

ask() {
    tool=$1
    if [ "$tool" = flock ]; then target=$dir/lock-file; else target="a lock"; fi
    answer=
    "$2" 2>/dev/null
}

# same CASE ANSWER WHAT; differs CASE FLOCKS-ANSWER PAWLS-ANSWER WHAT
same() {
    row "$1" "$2" "$2" "$3"
}
differs() {
    row "$1" "$2" "$3" "$4"
}
row() {
    local flocks=$2
    if [ -n "$have_flock" ]; then
        ask flock "$1"
        flocks=$answer
    fi
    ask pawl "$1"
    if [ "$2" = "$3" ]; then
        [ "$answer" = "$3" ] && [ "$flocks" = "$answer" ]
        result $? "$4: the same: $answer" "flock: $flocks
pawl:  $answer
wanted of both: $3"
    else
        [ "$answer" = "$3" ] && { [ "$flocks" = "$2" ] || [ "$flocks" = "$answer" ]; }
        result $? "$4: on purpose: flock $flocks; pawl $answer" "flock: $flocks (wanted: $2)
pawl:  $answer (wanted: $3)"
    fi
}

same try_n 1 "-n, held"
same try_nb 1 "--nb, held"
same try_nonblock 1 "--nonblock, held"
same wait_out 1 "-w 0.2 runs out"
same wait_long_option 1 "--wait 0.05 runs out"
same wait_timeout_option 1 "--timeout=.05 runs out"
same wait_zero 1 "-w 0, held"
same wait_zero_fraction 1 "-w 0.0, held"
same code_42 42 "-n -E 42, held"
same code_42_wait 42 "-w --conflict-exit-code=42 runs out"
same code_0 0 "-n -E 0, held: the command is not run"
same code_255 255 "-n -E 255, held"
same code_joined 42 "-nE42, held"
same code_300 64 "-E 300"
same code_negative 64 "-E -1"
same code_word 64 "-E x"
same wait_word 64 "-w x"
same wait_empty 64 "-w ''"
same wait_two_dots 64 "-w 1.2.3"
differs wait_negative 71 64 "-w -1"
same unknown_option 64 "unknown long option"
same unknown_letter 64 "unknown option letter"
same no_argument 64 "no argument at all"
same no_command 64 "no command"
differs option_behind 69 64 "an option behind the name"
same dashes_before 3 "-- before the name"
same exclusive "0, 0, 0" "-x, -e, --exclusive"
differs shared 0 64 "-s"
differs unlock 0 64 "-u"
differs no_fork 0 64 "-F"
same cannot_open 66 "what the lock lives in cannot be opened"

same command_7 7 "the command's status 7"
same command_255 255 "the command's status 255"
same command_term 143 "the command dies of TERM"
same command_kill 137 "the command dies of KILL"
same shell_words 5 "-c"
same shell_long 6 "--command"
same shell_chosen "0, -c words" "-c asks SHELL"
same shell_two 64 "-c with an argument too many"
same shell_none 64 "-c with none"
same shell_before 64 "-c before the name"
same arguments "<a b><><*><-n><-->" "arguments go through untouched"
same input text "standard input goes through"
differs missing 69 127 "no such command, by path"
differs missing_in_path 69 127 "no such command in PATH"
differs not_executable 69 126 "a command that is not executable"
differs is_directory 69 126 "a command that is a directory"

differs verbose "on stdout" "on stderr" "--verbose"
same verbose_busy "1 and says why" "--verbose -n, held"
same quiet_busy "1 <>" "-n, held: without a word"
same waiter_gets_it "0 ran" "a waiter gets it when the holder ends"
same nested 1 "-n inside the lock itself"
same waiter_ended "143, locked, 0" "TERM ends one who waits, and nothing else"

same descriptor 1 "the command has the lock's descriptor and no other of ours"
same descriptor_closed 0 "-o: not even that"
same descriptor_given text "a descriptor that was given goes through"
same background "0, locked, 0" "what the command leaves running keeps the lock, to its end"
same background_closed "0, free" "-o: what the command leaves running does not keep it"
same background_long free "--close: the same"
same killed "137, locked, 0" "KILL while the command lives: still locked, until the command ends"
same killed_closed "0, the command lives" "-o, KILL while the command lives: free"
differs killed_ends "the command lives" "the command ends" "KILL: the command"
differs ended_ends "143, the command lives" "143, the command ends" "TERM: the command"

finish
