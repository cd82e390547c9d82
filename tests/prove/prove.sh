#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# prove.sh: every proof, in bounded time, as a table: tests/prove/rows says what they are; `make prove`.
#
#   LONG=1           for hours instead
#   ONLY=TEXT        rows whose name contains TEXT
#   ROW_LIMIT=SECONDS  for one row (150; LONG: a day); TIME=SECONDS for all (900; LONG: for ever): a row that would begin later fails
#
# The table, and build/prove.json; what each command said is in build/prove/. A row holds if its command succeeds and all its figures
# are there; else the exit status is 1, and what went wrong stands below the table.
set -u
cd "$(dirname "$0")/../.." || exit
: "${LONG:=}" "${ONLY:=}" "${ROW_LIMIT:=$([ -n "$LONG" ] && echo 86400 || echo 150)}" "${TIME:=$([ -n "$LONG" ] && echo 9999999 || echo 900)}" "${ROWS:=tests/prove/rows}" "${OUT:=build/prove}"
mkdir -p "$OUT"
rm -rf "$OUT"/logs.*

trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }
json() { perl -e '$_ = shift; s/([\\"])/\\$1/g; s/[\x00-\x1f]/ /g; print "\"$_\""' -- "$1"; }

# figures SPECIFICATION LOG: "LABEL N, ..."; false if one is not there
figures() {
    perl -e '
        my ($spec, $log) = @ARGV;
        my (@found, $missing);
        open(my $in, "<", $log) or die; my @lines = <$in>;
        for my $one (split /\s*;\s*/, $spec) {
            my ($label, $expression) = $one =~ /^([^=]*)=(.*)$/ or die "no figure: $one\n";
            my ($sum, $n) = (0, 0);
            for (@lines) { while (/$expression/g) { my $x = $1; $x =~ tr/,//d; $sum += $x; $n++; } }
            $missing = 1 unless $n && $sum > 0;
            push @found, "$sum $label";
        }
        print join(", ", @found);
        exit($missing ? 1 : 0)' -- "$1" "$2"
}

began=$SECONDS failed=0 out=0 n=0
lines=() troubles=() objects=()
while IFS='|' read -r name property method short long spec when; do
    name=$(trim "$name") property=$(trim "$property") method=$(trim "$method") spec=$(trim "$spec") when=$(trim "${when:-}")
    command=$(trim "$short")
    [ -z "$LONG" ] || [ "$(trim "$long")" = 'the same' ] || command=$(trim "$long")
    [[ $name == *"$ONLY"* ]] || continue
    log=$OUT/$(tr -c 'a-z\n' - <<<"$name").log
    took=$SECONDS
    if [ "$command" = - ]; then
        scale='' result="left out: LONG=1 only" out=$((out + 1))
    elif [ $((SECONDS - began)) -ge "$TIME" ]; then
        scale='' result="not begun: $TIME s are over" failed=$((failed + 1))
        troubles+=("$name: $result")
    elif [ -n "$when" ] && [ ! -e "$when" ]; then
        scale='' result="left out: no $when" out=$((out + 1))
    else
        [ ! -t 2 ] || printf '\r\033[K  ..  %s: %s' "$name" "$command" >&2
        timeout -k 10 "$ROW_LIMIT" bash -c "$command" >"$log" 2>&1 </dev/null
        status=$?
        result=holds
        scale=$(figures "$spec" "$log") || result='no figures'
        [ $status = 0 ] || result="FAILED, exit status $status"
        [ $status != 124 ] || result="no end after $ROW_LIMIT s"
        [ "$result" = holds ] || { failed=$((failed + 1)); troubles+=("$name: $result; $log: $(grep -m1 -E '^ *not ok|error|Error' "$log" | sed 's/^ *//' | cut -c1-120)"); }
    fi
    took=$((SECONDS - took)) n=$((n + 1))
    lines+=("$name"$'\t'"$property"$'\t'"$method"$'\t'"$scale"$'\t'"$result"$'\t'"$took s"$'\t'"$command")
    objects+=("{\"name\": $(json "$name"), \"property\": $(json "$property"), \"method\": $(json "$method"), \"scale\": $(json "$scale"), \"result\": $(json "$result"), \"seconds\": $took, \"command\": $(json "$command")}")
done < <(grep -v '^#' "$ROWS")
[ ! -t 2 ] || printf '\r\033[K' >&2

machine="$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs, Linux $(uname -r)"
commit=$(git describe --always --dirty 2>/dev/null)
{ printf 'what\tproperty\tmethod\tscale\tresult\ttook\tagain\n'; printf '%s\n' "${lines[@]}"; } | column -t -s$'\t' -o '  '
echo
printf '%s\n' "${troubles[@]}" | sed '/^$/d; s/^/FAIL  /'
{
    printf '{"date": %s, "machine": %s, "commit": %s, "long": %s, "rows": [\n' "$(json "$(date -u +%FT%TZ)")" "$(json "$machine")" \
        "$(json "$commit")" "$([ -n "$LONG" ] && echo true || echo false)"
    for i in "${!objects[@]}"; do printf '  %s%s\n' "${objects[i]}" "$([ "$i" = $((n - 1)) ] || echo ,)"; done
    printf ']}\n'
} >"$OUT.json"
echo "$((n - failed - out)) of $n rows hold, $failed do not, $out left out, $((SECONDS - began)) s; $commit, $(date -u +%F), $machine; $OUT.json"
[ $n -gt $out ] && [ $failed = 0 ]
