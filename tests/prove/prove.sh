#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# prove.sh: every proof, in bounded time, as a table: tests/prove/rows says what they are; `make prove`.
#
#   LONG=1           the long forms: an hour and three quarters on two CPUs; HOURS=5 for a night
#   ONLY=TEXT        rows whose name contains TEXT
#   JOBS=N           rows that run at once (one for each CPU); those that are said to need all CPUs run by themselves
#   ROW_LIMIT=SECONDS  for one row (300; LONG: an hour, times HOURS)
#   TIME=SECONDS     for all (900; LONG: two hours, times HOURS): who is not done by then has failed
#   SAVE=FILE        the table in Markdown, as tests/prove/last.md is
#
# A line for each row as it ends; then the table, and build/prove.json; what each command said, and is saying, is in build/prove/. A row
# holds if its command succeeds and all its figures are there; else the exit status is 1, and what went wrong stands below the table.
# The CPU seconds are those of all processes that were waited for: servers, which nobody waits for, are not among them.
set -u
cd "$(dirname "$0")/../.." || exit
: "${LONG:=}" "${ONLY:=}" "${HOURS:=1}" "${JOBS:=$(nproc)}" "${ROWS:=tests/prove/rows}" "${OUT:=build/prove}" "${SAVE:=}"
: "${ROW_LIMIT:=$([ -n "$LONG" ] && echo $((3600 * HOURS)) || echo 300)}" "${TIME:=$([ -n "$LONG" ] && echo $((7200 * HOURS)) || echo 900)}"
export HOURS
# What was said to us, by make's way too, is not meant for the rows' commands.
export -n LONG ONLY JOBS
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL T KILLS FAULTS ROUNDS SEED STATE BUDGET
mkdir -p "$OUT"
rm -rf "${OUT:?}"/*

trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }
json() { perl -e '$_ = shift; s/([\\"])/\\$1/g; s/[\x00-\x1f]/ /g; print "\"$_\""' -- "$1"; }
file_of() { echo "$OUT/$(tr -c 'a-z\n' - <<<"$1")"; }

# figures SPECIFICATION LOG: "LABEL N, ..."; false if one is not there
figures() {
    perl -e '
        my ($spec, $log) = @ARGV;
        my (@labels, %sum, $missing);
        open(my $in, "<", $log) or die; my @lines = <$in>;
        for my $one (split /\s*;\s*/, $spec) {
            my ($label, $expression) = $one =~ /^([^=]*)=(.*)$/ or die "no figure: $one\n";
            my $sum = 0;
            for (@lines) { while (/$expression/g) { my $x = $1; $x =~ tr/,//d; $sum += $x; } }
            $missing = 1 unless $sum > 0;
            push @labels, $label unless defined $sum{$label};
            $sum{$label} += $sum;
        }
        print join(", ", map { "$sum{$_} $_" } @labels);
        exit($missing ? 1 : 0)' -- "$1" "$2"
}

# ---- the rows ----

names=() properties=() methods=() commands=() specs=() needs=() whens=() least=
while IFS='|' read -r name property method short long spec need when; do
    name=$(trim "$name") command=$(trim "$short")
    [ "$name" != least ] || { least=$(trim "$property"); continue; }
    [ -z "$LONG" ] || [ "$(trim "$long")" = 'the same' ] || command=$(trim "$long")
    [[ $name == *"$ONLY"* ]] || continue
    need=$(trim "$need")
    [ "$need" != all ] && [ "$need" -lt "$JOBS" ] || need=$JOBS
    names+=("$name") properties+=("$(trim "$property")") methods+=("$(trim "$method")") commands+=("$command")
    specs+=("$(trim "$spec")") needs+=("$need") whens+=("$(trim "${when:-}")")
done < <(grep -v '^#' "$ROWS")

# ---- one of them ----

# prove I: what came of it is left in its file: RESULT, SECONDS, CPU SECONDS, SCALE
prove() {
    local command=${commands[$1]} when=${whens[$1]} file left limit=$((TIME - SECONDS)) took=$SECONDS status scale='' result=holds cpu=0
    file=$(file_of "${names[$1]}")
    printf 'no word of it\t0\t0\t\n' >"$file.end"
    if [ "$command" = - ]; then
        result='left out: LONG=1 only'
    elif [ -n "$when" ] && [ ! -e "$when" ]; then
        result="left out: no $when"
    elif [ $limit -le 0 ]; then
        result="not begun: $TIME s are over"
    else
        [ $limit -lt "$ROW_LIMIT" ] || limit=$ROW_LIMIT
        left=$((6000 * HOURS - SECONDS))
        LEFT=$((left > 60 ? left : 60)) LOGS=$file.logs timeout -k 10 "$limit" bash -c "$command" >"$file.log" 2>&1 </dev/null &
        trap 'kill $! && wait $!; exit 1' TERM
        wait $!
        status=$?
        times >"$file.times"
        cpu=$(awk -F'[ms ]' 'NR == 2 { printf "%.0f", $1 * 60 + $2 + $4 * 60 + $5 }' "$file.times")
        scale=$(figures "${specs[$1]}" "$file.log") || result='no figures'
        [ $status = 0 ] || result="FAILED, exit status $status"
        [ $status != 124 ] || result="no end after $limit s"
    fi
    printf '%s\t%s\t%s\t%s\n' "$result" $((SECONDS - took)) "$cpu" "$scale" >"$file.end"
}

# ---- all of them ----

declare -A running
busy=0
show_running() { [ ! -t 2 ] || printf '\r\033[K%s' "${running[*]:+  ..  ${running[*]/%/,}}" >&2; }

# One that has ended is told of.
reap() {
    local pid result took cpu scale mark='  ok'
    wait -n -p pid "${!running[@]}"
    name=${running[$pid]%:*} busy=$((busy - ${running[$pid]##*:}))
    unset "running[$pid]"
    IFS=$'\t' read -r result took cpu scale <"$(file_of "$name").end"
    case $result in holds) ;; 'left out'*) mark='   -' ;; *) mark=FAIL ;; esac
    [ ! -t 2 ] || printf '\r\033[K' >&2
    printf '%s  %-18s %5d s %6d s CPU  %s\n' "$mark" "$name" "$took" "$cpu" "$([ "$result" = holds ] || echo "$result; ")$scale"
}

trap 'kill "${!running[@]}" 2>/dev/null; wait; exit 130' INT TERM
for i in "${!names[@]}"; do
    while [ $busy != 0 ] && [ $((busy + needs[i])) -gt "$JOBS" ]; do reap; done
    prove "$i" &
    running[$!]="${names[i]}:${needs[i]}" busy=$((busy + needs[i]))
    show_running
done
while [ $busy != 0 ]; do reap && show_running; done

# ---- what came of them ----

failed=0 out=0 n=${#names[@]}
lines=() troubles=() objects=() marks=() scales=()
for i in "${!names[@]}"; do
    file=$(file_of "${names[i]}")
    IFS=$'\t' read -r result took cpu scale <"$file.end"
    case $result in
    holds) scales+=("$scale") ;;
    'left out'*) out=$((out + 1)) ;;
    *)
        failed=$((failed + 1))
        troubles+=("${names[i]}: $result; $file.log: $(grep -sm1 -E '^ *not ok|error|Error' "$file.log" | sed 's/^ *//' | cut -c1-120)")
        ;;
    esac
    lines+=("${names[i]}"$'\t'"${properties[i]}"$'\t'"${methods[i]}"$'\t'"$scale"$'\t'"$result"$'\t'"$took s"$'\t'"$cpu s"$'\t'"ONLY='${names[i]}' make prove")
    marks+=("| ${names[i]} | ${properties[i]} | ${methods[i]} | $scale | $result | $took | $cpu | \`${commands[i]//|/\\|}\` |")
    objects+=("{\"name\": $(json "${names[i]}"), \"property\": $(json "${properties[i]}"), \"method\": $(json "${methods[i]}"), \"scale\": $(json "$scale"), \"result\": $(json "$result"), \"seconds\": $took, \"cpu_seconds\": $cpu, \"command\": $(json "${commands[i]}")}")
done

# totals: of the figures in `least`, over all rows; false if one is less than it is to be, which the long form of everything may not be
totals() {
    printf '%s\n' "${scales[@]}" | perl -e '
        my %sum; while (<STDIN>) { $sum{$2} += $1 while /([\d.]+) ([^,\n]+)/g; }
        my (@said, $less);
        for (split /\s*;\s*/, shift) { my ($label, $n) = /^(.*\S)\s+(\d+)$/ or die; my $is = $sum{$label} // 0; $less = 1 if $is < $n; $is =~ s/(?<=\d)(?=(\d{3})+(?!\d))/,/g if $is !~ /\./; push @said, "$is $label"; }
        print join(", ", @said); exit($less ? 1 : 0)' -- "$least"
}
totals=$(totals) || { [ -z "$LONG" ] || [ -n "$ONLY" ] || { failed=$((failed + 1)); troubles+=("in all less than $least"); }; }

machine="$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs, Linux $(uname -r)"
commit=$(git describe --always --dirty 2>/dev/null)
date=$(date -u +%F)
verdict="$((n > failed + out ? n - failed - out : 0)) of $n rows hold, $failed do not, $out left out, $SECONDS s"
echo
{ printf 'what\tproperty\tmethod\tscale\tresult\ttook\tCPU\tagain\n'; printf '%s\n' "${lines[@]}"; } | column -t -s$'\t' -o '  '
echo
printf '%s\n' "${troubles[@]}" | sed '/^$/d; s/^/FAIL  /'
{
    printf '{"date": %s, "machine": %s, "commit": %s, "long": %s, "hours": %s, "seconds": %s, "totals": %s, "rows": [\n' "$(json "$(date -u +%FT%TZ)")" \
        "$(json "$machine")" "$(json "$commit")" "$([ -n "$LONG" ] && echo true || echo false)" "$HOURS" "$SECONDS" "$(json "$totals")"
    for i in "${!objects[@]}"; do printf '  %s%s\n' "${objects[i]}" "$([ "$i" = $((n - 1)) ] || echo ,)"; done
    printf ']}\n'
} >"$OUT.json"
if [ -n "$SAVE" ]; then
    {
        # shellcheck disable=SC2016 # Markdown
        printf '# What was proved\n\n`%smake prove`, %s, commit %s, on %s: %s.\nIn all: %s.\n\n' "${LONG:+LONG=1 HOURS=$HOURS }" "$date" "$commit" "$machine" "$verdict" "$totals"
        printf '| what | property | method | scale | result | s | CPU s | command |\n|---|---|---|---|---|---:|---:|---|\n'
        printf '%s\n' "${marks[@]}"
    } >"$SAVE"
fi
echo "$verdict; $commit, $date, $machine; $OUT.json"
echo "in all: $totals"
[ "$n" -gt $out ] && [ $failed = 0 ]
