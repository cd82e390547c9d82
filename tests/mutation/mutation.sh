#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mutation.sh: the tests tested: deliberate one-line bugs, planted one at a time, each of which some test has to notice.
#
#   tests/mutation/mutation.sh   all of them; `make mutation`
#   ONLY=TEXT                    those whose name contains TEXT
#   AGAIN=1                      also those whose outcome is known from an earlier run (build/mutation/state)
#   LIMIT=SECONDS                for each program, the first time (240); from then on four times what it took, and twenty
#   BUDGET=SECONDS               after that no other one is begun, and those are judged whose outcome is known
#
# A bug in a list beside this file is five lines: its name; `in` FILE; `find` TEXT, there exactly once, else the list is out of
# date, which is an error; `plant` TEXT; `by` PROGRAM..., those that are likely to notice, FLAVOR/FOLDER/NAME as they lie in build/,
# or suites/NAME.sh. \n and \t in a text are what they are in C. A sixth line, `survives` REASON, is for one that nothing notices.
#
# It works on a copy of the tree with a build folder of its own, build/mutation/tree, and, as root, in namespaces of its own, so that
# what a broken library leaves behind is nobody's. Every program has to pass on the copy before it may accuse anybody. A bug that
# survives the programs of its line meets the wider set of its list. At least 95 of 100 have to be caught, and survivors have to be
# excused: a reason that is out of date fails as well.
if [ "$(id -u)" = 0 ] && [ -z "${MUTATION_ALONE:-}" ] && unshare --mount --pid --fork true 2>/dev/null; then
    MUTATION_ALONE=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/mutants.sh
. tests/lib/mutants.sh
# shellcheck source=tests/lib/programs.sh
. tests/lib/programs.sh
[ -z "${MUTATION_ALONE:-}" ] || mount -t tmpfs -o mode=1777 tmpfs /dev/shm || exit

: "${ONLY:=}" "${AGAIN:=}" "${LIMIT:=240}" "${BUDGET:=}"
home=$PWD/build/mutation
tree=$home/tree
state=$home/state
lists=(core space remote backends)

# The programs that a survivor of a list meets.
wide_core='test/unit/test_mutex test/unit/test_mutex_storm test/unit/test_tokens test/unit/test_tokens_storm test/unit/test_chan
    test/unit/test_chan_crowd test/unit/test_select test/unit/test_select_crowd test/unit/test_wait test/unit/test_wakes
    test/unit/test_base test/unit/test_regress release/stress/stress_inproc model/model/model_mutex model/model/model_tokens
    model/model/model_chan model/model/model_select tsan/unit/test_mutex_storm tsan/unit/test_chan_crowd suites/labels.sh'
wide_space='test/unit/test_robust test/unit/test_death test/unit/test_wakes test/unit/test_storm test/unit/test_table
    test/unit/test_reclaim test/unit/test_segment test/unit/test_restart test/unit/test_fork
    test/unit/test_regress test/unit/test_hostile release/crash/crash_many release/crash/crash_space release/crash/crash_sweep
    release/crash/crash_torture test/crash/point_sweep suites/labels.sh'
wide_remote='test/unit/test_tenure test/unit/test_tenure_time test/unit/test_seat sim/sim release/remote/remote_directory
    release/remote/remote_lock release/remote/remote_lock_deaths release/remote/remote_lock_ends release/remote/remote_lock_fork
    release/remote/remote_lock_strict release/remote/remote_lock_told release/remote/remote_history test/crash/point_keeper
    tests/sim/mutants.sh'
wide_backends='release/remote/remote_redis release/remote/remote_redis_faults release/remote/remote_etcd
    release/remote/remote_etcd_faults release/remote/remote_zookeeper release/remote/remote_zookeeper_session
    release/remote/remote_zookeeper_tree release/remote/remote_history'

# ---- the copy ----

# Every file of the tree that differs, and nothing else, so that little is built again; the first time with what has been built.
copy_tree() {
    local file flavor
    mkdir -p "$home"
    if [ ! -e "$tree" ]; then
        mkdir -p "$tree/build"
        git ls-files -z --cached --others --exclude-standard | xargs -0 cp -p --parents -t "$tree"
        for flavor in test release model sim tsan; do [ ! -e "build/$flavor" ] || cp -a "build/$flavor" "$tree/build/"; done
    fi
    git ls-files -z --cached --others --exclude-standard | xargs -0 sha1sum 2>/dev/null | sort >"$home/here"
    (cd "$tree" && cut -c43- "$home/here" | tr '\n' '\0' | xargs -0 sha1sum 2>/dev/null | sort) >"$home/there"
    comm -23 "$home/here" "$home/there" | cut -c43- | while IFS= read -r file; do
        mkdir -p "$tree/$(dirname "$file")"
        rm -f "$tree/$file"
        cp "$file" "$tree/$file"
    done
}

build() { (cd "$tree" && . tests/lib/programs.sh && make_program "$1") >"$home/build.log" 2>&1; }

# run PROGRAM SECONDS: true if it passes; else why not, in one line.
run() {
    local said
    said=$(cd "$tree" && AUTOPSY=no LIMIT=$2 LOGS=$home/logs CI='' nice tests/run "$(where "$1")" 2>&1) && return
    { grep -m1 -E '^ *not ok' <<<"$said" || sed -n 's/^FAIL .*  (\(.*\))$/\1/p' <<<"$said"; } | head -1 | sed 's/^ *//; s/^not ok [0-9]* - //' | cut -c1-100
    return 1
}

# ---- a bug ----

# sound PROGRAM: how long it takes, and passes, without any bug, and how often it may have to be asked, where others load the machine;
# no: it does not. Found out once a run, of one that is to accuse.
sound() {
    local begin times verdict=no known=$home/sound/${1//\//-}
    if [ ! -e "$known" ]; then
        build "$1"
        for times in 1 2 3; do
            begin=$SECONDS
            run "$1" "$LIMIT" >/dev/null || continue
            verdict="$((SECONDS - begin)) $times"
            break
        done
        echo "$verdict" >"$known"
    fi
    cat "$known"
}

# accuses PROGRAM SECONDS TIMES: it fails, each time; and how.
accuses() {
    local i
    for ((i = 0; i < $3; i++)); do
        ! run "$1" "$2" || return 1
    done
}

# meet LIST PROGRAM...: true, and by what, and how, if one of them notices.
meet() {
    local program why seconds times
    for program; do
        read -r seconds times <<<"$(sound "$program")"
        [ "$seconds" != no ] || { echo "# $program does not pass as it is: not asked" >&2; continue; }
        put_in
        if ! build "$program"; then
            echo "does not compile: $(grep -m1 error "$home/build.log")"
            return 2
        fi
        if why=$(accuses "$program" $((4 * seconds + 20)) "$times"); then
            echo "$program: $(head -1 <<<"$why")"
            return 0
        fi
        put_back
    done
    return 1
}

# The file with the bug, without it: a new time, so that make sees it.
put_in() { printf '%s' "${planted%.}" >"$tree/$file"; }
put_back() { cmp -s "$file" "$tree/$file" || { sleep 0.02; cat "$file" >"$tree/$file"; }; }

# try_bug LIST BLOCK: a line of the state: NAME VERDICT SECONDS HOW
try_bug() {
    local name find plant by source begin=$SECONDS how verdict wide=wide_$1
    name=${2%%$'\n'*}
    file=$(text in "$2") find=$(text find "$2") plant=$(text plant "$2") by=$(text by "$2")
    source=$(cat "$file" && echo .)
    if ! once "$find" "$source"; then
        printf '%s\t%s\t0\tnot there exactly once, in %s\n' "$name" stale "$file"
        return
    fi
    planted=${source/"$find"/"$plant"}
    # shellcheck disable=SC2086 # programs
    how=$(meet $by ${!wide})
    case $? in 0) verdict=caught ;; 1) verdict=survived ;; *) verdict=stale ;; esac
    put_back
    printf '%s\t%s\t%d\t%s\n' "$name" "$verdict" $((SECONDS - begin)) "$how"
}

# What an outcome is about: the bug, and the file it is in.
key() { { printf '%s\n' "$1"; cat "$(text in "$1")"; } | sha1sum | cut -c1-16; }

known() { [ -z "$AGAIN" ] && [ -e "$state" ] && grep -m1 "^$1	" "$state" | cut -f2-; }

judge() {
    local name=$1 verdict=$2 how=$3 excuse=$4
    case $verdict in
    caught) [ -z "$excuse" ] || { echo "it is caught, and said to survive: $how"; return 1; } ;;
    survived) [ -n "$excuse" ] || { echo "nothing notices it"; return 1; } ;;
    *) echo "$how"; return 1 ;;
    esac
}

enough() { echo "$caught of $((caught + survived))"; [ $((caught + survived)) -gt 0 ] && [ $((100 * caught)) -ge $((95 * (caught + survived))) ]; }

copy_tree
rm -rf "$home/sound" && mkdir -p "$home/sound"
caught=0 survived=0 left=0 began=$SECONDS
survivors=()
trap 'exit 130' INT TERM
for list in "${lists[@]}"; do
    mapfile -t blocks < <(grep -v '^#' "tests/mutation/$list" | awk -v RS= -v name="$ONLY" 'index($1, name) { gsub(/\n/, "\001"); print }')
    for block in "${blocks[@]}"; do
        block=${block//$'\001'/$'\n'}
        k=$(key "$block")
        if ! line=$(known "$k") || [ -z "$line" ]; then
            [ -z "$BUDGET" ] || [ $((SECONDS - began)) -lt "$BUDGET" ] || { left=$((left + 1)); continue; }
            line=$(try_bug "$list" "$block")
            case $line in *$'\tstale\t'*) ;; *) printf '%s\t%s\n' "$k" "$line" >>"$state" ;; esac
        fi
        IFS=$'\t' read -r name verdict took how <<<"$line"
        excuse=$(text survives "$block")
        case $verdict in caught) caught=$((caught + 1)) ;; survived) survived=$((survived + 1)) survivors+=("$name: ${excuse:-no reason}") ;; esac
        try "$(printf '%-44s %-8s %4d s  %s' "$name" "$verdict" "$took" "$how")" judge "$name" "$verdict" "$how" "$excuse"
    done
done
for name in "${survivors[@]}"; do echo "# survived: $name"; done
try "$caught of $((caught + survived)) are caught, which is 95 of 100 or more" enough
echo "# mutation: $caught of $((caught + survived)) bugs caught, $survived survived, $left not tried, $((SECONDS - began)) s"
finish
