#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# autopsy.sh: what hangs, and on what, before it is killed: tests/lib/autopsy.sh PID
#
# Of that process and its descendants, those too that have another process group: every thread's state, where it sleeps in the
# kernel and in which call; its stack, by gdb or eu-stack where there is one; and the segments that are mapped, as `pawl ls` shows
# them and as their first words are. Called by tests/run when a program is over its time, and by the tests' own watchdog
# (harness.c). Changes nothing, and takes a minute at most. AUTOPSY=no: says nothing at all.
set -u
[ "${AUTOPSY:-}" != no ] || exit 0
root=$1
most=12 # processes whose stacks are drawn up

# All descendants, the root first; and who has the root's process group, though its parent has gone.
family() {
    local stat
    for stat in /proc/[0-9]*/stat; do
        sed -n 's/^\([0-9]*\) (.*) . \([0-9]*\) \([0-9]*\) .*/\1 \2 \3/p' "$stat" 2>/dev/null
    done | awk -v root="$root" '
        { parent[$1] = $2; group[$1] = $3 }
        function ours(p, n) { for (n = 0; p > 1 && n < 64; n++) { if (p == root) return 1; p = parent[p] }; return 0 }
        END { for (p in parent) if (ours(p) || group[p] == root) print p }' | sort -n
}

threads() {
    local task
    for task in "/proc/$1"/task/*; do
        printf '  thread %s %s: %s, in %s, system call %s\n' "${task##*/}" "$(cat "$task/comm" 2>/dev/null)" \
            "$(sed -n 's/^State:[[:space:]]*//p' "$task/status" 2>/dev/null)" "$(cat "$task/wchan" 2>/dev/null)" \
            "$(cut -d' ' -f1-7 "$task/syscall" 2>/dev/null)"
        sed 's/^/      /' "$task/stack" 2>/dev/null
    done
}

# A traced process cannot be looked at this way: then the lines above have to do.
stacks() {
    if command -v gdb >/dev/null; then
        timeout -k 2 15 gdb -nx -batch -p "$1" -ex 'set print frame-arguments scalars' -ex 'thread apply all backtrace 24' 2>&1 </dev/null |
            grep -E '^(Thread|#|ptrace)' | sed 's/^/  /'
    elif command -v eu-stack >/dev/null; then
        timeout -k 2 15 eu-stack -p "$1" 2>&1 | sed 's/^/  /'
    else
        echo "  no gdb and no eu-stack here: no stacks in user space"
    fi
}

# The files of a process's segments, memory without a name too, by the addresses they are mapped at.
segments() { sed -nE 's,^([0-9a-f]+-[0-9a-f]+) .{4} [0-9a-f]+ [0-9a-f:]+ [0-9]+ +(.*/pawl\.g?[0-9]+\..*|/memfd:pawl.*)$,\1 \2,p' "/proc/$1/maps" 2>/dev/null; }

# The first words that are not zero.
words() { od -A x -t x4 -v -N 8192 "$1" 2>/dev/null | awk '$2 $3 $4 $5 !~ /^0*$/' | head -40 | sed 's/^/      /'; }

mapfile -t pids < <(family)
echo "# autopsy of process $root: ${#pids[@]} processes"
for pid in "${pids[@]}"; do
    [ "$pid" != $$ ] && [ -e "/proc/$pid" ] || continue
    [[ $(readlink "/proc/$pid/exe") != */timeout ]] || continue
    echo "process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)"
    threads "$pid"
    [ $((most--)) -gt 0 ] || continue
    stacks "$pid"
done

declare -A told
for pid in "${pids[@]}"; do
    while read -r range file; do
        [ -z "${told[$file]:-}" ] || continue
        told[$file]=yes
        echo "segment $file, mapped by process $pid:"
        words "/proc/$pid/map_files/$range"
        case $file in /memfd:* | *' (deleted)') continue ;; esac
        name=${file##*/}
        for pawl in build/*/pawl; do
            [ -x "$pawl" ] || continue
            PAWL_DIR=${file%/*} timeout -k 1 10 "$pawl" ls -S "${name#pawl.*.}" 2>&1 | sed 's/^/  /'
            break
        done
    done < <(segments "$pid")
done
exit 0
