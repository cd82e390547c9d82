#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# security.sh: the claims of src/SECURITY.md that a second user has to try: files and their rights, names that others squat, the
# environment of privileged programs, secrets of a URL in what others can read. Run by root, who can be anybody.
# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"
# shellcheck disable=SC2016 # words in single quotes are for the shell under test

if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
    echo '1..0 # SKIP it takes root, and setpriv, to be two users'
    exit 0
fi

# Two users, who share a group; a folder that is the first one's, and one like /dev/shm.
one=31001 two=31002 shared=31000
chmod 711 "$dir"
mkdir -m 755 "$dir/bin"
mkdir -m 1777 "$dir/sticky"
mkdir -m 700 "$dir/mine"
chown $one:$shared "$dir/mine"
install -m 755 "$PAWL" "$dir/bin/pawl"
pawl=$dir/bin/pawl
as() {
    local user=$1
    shift
    setpriv --reuid "$user" --regid $shared --clear-groups --inh-caps=-all "$@"
}
in_sticky() { PAWL_DIR=$dir/sticky as "$@"; }
begin_as() { # USER FOLDER RUN-ARGUMENT...: a command under a lock, $pid, in the background
    local user=$1 folder=$2
    shift 2
    rm -f "$dir/sticky/inner"
    PAWL_DIR=$folder as "$user" "$pawl" run "$@" sh -c 'echo $$ >"$1.new" && mv "$1.new" "$1" && exec sleep 120' sh "$dir/sticky/inner" &
    pid=$!
    strays+=("$pid")
    until_true test -s "$dir/sticky/inner"
    inner=$(cat "$dir/sticky/inner")
    strays+=("$inner")
}
end_it() {
    kill -9 "$inner"
    wait "$pid" 2>/dev/null
}

# ---- F: files ----

(umask 0 && begin_as $one "$dir/sticky" -S rights name) # its process goes on
inner=$(cat "$dir/sticky/inner")
file=$dir/sticky/pawl.$one.rights
is "$(stat -c '%a %u' "$file")" "600 $one" 'F1 a segment is for its user alone, whatever the umask'
is "$(stat -c '%a %u' "$file+linger")" "600 $one" 'F1 and so is the file beside it'
said in_sticky $two cat "$file"
is "$rc" 1 'F1 another user of the same group cannot read it'
said in_sticky $two "$pawl" run -S rights -n name true
is "$rc" 0 'F2 the same name is another space for another user'
kill -9 "$inner"
until_true gone "$inner"

install -o $two -g $shared -m 666 /dev/null "$dir/sticky/pawl.$one.squat"
said in_sticky $one "$pawl" run -S squat name true
is "$rc" 66 'F3 a file that another user has put there is not used'
has "$err" "belongs to user $two" 'F3 and it is said whose it is'
in_sticky $two flock -x "$dir/sticky/pawl.$one.squat" sleep 60 &
strays+=($!)
said in_sticky $one timeout 20 "$pawl" run -S squat name true
is "$rc" 66 'F3 nor waited for, should its owner have locked it'
rm "$dir/sticky/pawl.$one.squat"

echo precious >"$dir/sticky/precious"
chmod 666 "$dir/sticky/precious"
in_sticky $two ln -s "$dir/sticky/precious" "$dir/sticky/pawl.$one.link"
said in_sticky $one "$pawl" run -S link name true
is "$rc" 66 'F4 a symbolic link is not followed'
has "$err" 'symbolic link' 'F4 and that is said'
rm "$dir/sticky/pawl.$one.link"
rm -f "$dir/sticky/pawl.$one+floor"
in_sticky $two ln -s "$dir/sticky/precious" "$dir/sticky/pawl.$one+floor"
in_sticky $two ln -s "$dir/sticky/precious" "$dir/sticky/pawl.$one.side+linger"
said in_sticky $one "$pawl" run -S side name true
is "$rc" 71 'F4 nor one in the place of the side file'
is "$(cat "$dir/sticky/precious")" precious 'F4 what they point to stays as it was'
rm -f "$dir/sticky/pawl.$one+floor" "$dir/sticky/pawl.$one.side"*

install -o $two -g $shared -m 666 /dev/null "$dir/sticky/pawl.$one.side+linger"
said in_sticky $one "$pawl" run -S side name true
is "$rc" 71 'F5 a side file of another user is not used, be it of the same group'
rm -f "$dir/sticky/pawl.$one.side"*

for name in ../up /etc/pawl-name $'a\nb' '+floor' '.'; do
    before=$(find "$dir" -path "$dir/mine/*" -prune -o -print | sort)
    PAWL_DIR=$dir/mine as $one "$pawl" run -S names "$name" true
    is "$? $(find "$dir" -path "$dir/mine/*" -prune -o -print | sort)" "0 $before" "F6 a lock called ${name@Q} is no file"
done
is "$(ls -A "$dir/mine")" "pawl.$one+floor" 'F7 nothing is left but the floor'
chmod 755 "$dir/mine"
said env PAWL_DIR="$dir/mine" setpriv --reuid $two --regid $shared --clear-groups "$pawl" run name true
is "$rc" 66 'F8 nothing is made in a folder where one may not'
chmod 700 "$dir/mine"

# ---- E: the environment ----

if findmnt -no OPTIONS -T "${TMPDIR:-/tmp}" | grep -qw nosuid; then
    result 0 'E1 # SKIP no file system here lets a file raise rights' ''
else
    raised=$(mktemp -d) && chmod 755 "$raised"
    install -m 4755 -o $one -g $shared "$PAWL" "$raised/pawl"
    space=raised-$$
    said env PAWL_DIR="$dir/sticky" setpriv --reuid $two --regid $shared --clear-groups "$raised/pawl" run -S $space name \
        sh -c 'ls "$1" "$2"' sh "$dir/sticky/pawl.$one.$space" "/dev/shm/pawl.$one.$space"
    is "$out" "/dev/shm/pawl.$one.$space" 'E1 a program with raised rights does not heed PAWL_DIR'
    mkdir -m 755 "$raised/trap"
    printf 'void __attribute__((constructor)) spring(void) { __builtin_trap(); }\n' | cc -shared -fPIC -xc - -o "$raised/trap/libpawl-trap.so"
    said env PAWL_BACKEND_DIR="$raised/trap" "$PAWL" run -S $space -r trap://x name true
    is "$rc" 132 'E2 PAWL_BACKEND_DIR says where code is loaded from'
    said env PAWL_BACKEND_DIR="$raised/trap" setpriv --reuid $two --regid $shared --clear-groups "$raised/pawl" run -S $space -r trap://x name true
    is "$rc" 66 'E2 but not to a program with raised rights'
    rm -rf "$raised" "/dev/shm/pawl.$one.$space"*
fi
said pawl run -S load -r '../../tmp/x://y' name true
is "$rc" 64 'E3 a scheme with a slash in it names no file'
lacks "$err" 'libpawl-' 'E3 and none is looked for'

# ---- S: secrets ----

export PAWL_BACKEND_DIR=${PAWL%/*}/tests/remote
mkdir "$dir/service" && echo 0 >"$dir/service/.born"
secret=sesame$$
PAWL_REMOTE="dir://$dir/service?token=$secret" "$PAWL" run -S secret -w 60 name true 2>"$dir/said" &
pid=$!
strays+=("$pid")
known() { pawl show -S secret name 2>/dev/null | grep -q 'not reached: .'; }
until_true known
lacks "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "$secret" 'S1 a password in PAWL_REMOTE is in no command line'
lacks "$(cat "/proc/$pid"/task/*/comm)" "$secret" 'S1 nor in a name of a thread'
is "$(stat -c %a "/proc/$pid/environ")" 400 'S1 the environment is for the same user to read'
grep -qF "$secret" "$PAWL_DIR"/*
is $? 1 'S2 it is in none of the files'
for look in 'show -S secret name' 'show -S secret --json name' 'ls -S secret --json' 'ls --spaces --json' 'top -a --once --json -d 0.01' doctor; do
    # shellcheck disable=SC2086 # words
    said pawl $look
    lacks "$out$err" "$secret" "S3 pawl $look does not tell it"
done
kill "$pid"
wait "$pid" 2>/dev/null
lacks "$(cat "$dir/said")" "$secret" 'S3 nor does who was given it, when it fails'
for url in "dir://u:$secret/@host" "dir://$dir?token=$secret&x" "dir://u:$secret@" "nodir://u:$secret@host" "DIR://u:$secret@host" "redis://u:$secret@h:x"; do
    said env PAWL_REMOTE="$url" "$PAWL" run -S wrong -n name true
    [ "$rc" != 0 ]
    result $? "S4 ${url//$secret/***} is refused" "$rc"
    lacks "$err" "$secret" 'S4 without telling it'
done

finish
