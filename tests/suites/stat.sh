#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# stat.sh: what is counted: `pawl stat` as text, as JSON and for Prometheus; and `pawl show`, which says who waits for whom.
# shellcheck source=tests/lib/cli.sh
. "${BASH_SOURCE[0]%/*}/../lib/cli.sh"

build_aid

# ---- the checker sees what it is for ----

expose() { awk -f tests/lib/exposition.awk; }
head='# HELP a_total x\n# TYPE a_total counter\n'
hist='# HELP h x\n# TYPE h histogram\n'
said expose < <(printf "${head}a_total{l=\"x\"} 1\n${hist}h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum{} 3.5\nh_count{} 2\n")
is "$rc $out" '0 2 families, 5 samples' 'the checker takes what is right'
for bad in "${head}a_total{l=\"x\"} -1" "${head}b_total{} 1" "${head}a_total{l=x} 1" "${head}a_total{} 1\na_total{} 2" 'a_total{} 1' \
    '# HELP a x\n# TYPE a counter\na{} 1' "${hist}h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum{} 1\nh_count{} 1" \
    "${hist}h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1" "${hist}h_bucket{le=\"1\"} 1\nh_sum{} 1" \
    "${hist}h_bucket{le=\"+Inf\"} 1\nh_sum{} 1\nh_count{} 2" "${head}${head}" "${head}a_total{l=\"\\\\x\"} 1"; do
    # shellcheck disable=SC2059 # the text is the format
    printf "$bad\n" | expose >/dev/null
    is $? 1 "and refuses ${bad//'\n'/ | }"
done

# ---- mistakes ----

for words in '--frob' '-S a/b' '--json --prometheus'; do
    # shellcheck disable=SC2086 # words
    said pawl stat $words
    is "$rc $out" '64 ' "stat $words: 64"
done
said pawl stat
is "$rc $out$err" '0 ' 'no such space: nothing to tell'
said pawl stat -p
is "$rc $out$err" '0 ' 'nor for Prometheus'
is "$(pawl stat --json | json locks)" '[]' 'as JSON: no locks'
is "$(ls -A "$PAWL_DIR")" '' 'looking has made no file'

# ---- waits and holds ----

aid hold default keep x # or the space would go with the last one
said pawl stat
is "$(sed -n 2p <<<"$out" | xargs)" 'NAME GRANTS CONTENDED GAVE-UP DEATHS WAIT50 WAIT99 HOLD50 HOLD99' 'its columns'
aid hold default order holder
holder=$aid
pawl run -n order true
pawl run -w 0.05 order true
is "$(pawl stat --json order | json locks 0 gave_up)" 1 'one waited until its deadline; one that only tried did not wait'
"$PAWL" run order true &
waiter=$!
strays+=("$waiter")
waits() { [ "$(pawl show --json order | json waiting 0 pid)" = "$waiter" ]; }
until_true waits
result $? 'show tells who waits' "$(pawl show order)"
has "$(pawl show order)" "waiting    pawl, process $waiter, thread $waiter, for " 'and since when'
is "$(pawl show --json order | json deadlock)" false 'which is no deadlock'
kill -9 "$holder"
wait "$waiter"
is $? 0 'it gets the lock'
pawl stat --json order >"$dir/json"
is "$(json locks 0 contended <"$dir/json") $(json locks 0 waits count <"$dir/json")" '1 1' 'a wait is counted'
awk -v sum="$(json locks 0 waits sum_seconds <"$dir/json")" -v up="$(json locks 0 waits p99_seconds <"$dir/json")" \
    'BEGIN { exit !(sum > 0 && up >= sum && up < 3 * sum) }'
result $? 'with its length, between a bucket and the next' "$(cat "$dir/json")"
is "$(json locks 0 holds count <"$dir/json")" 1 'so is the hold of pawl run'
is "$(json locks 0 deaths <"$dir/json")" 1 'and the death of the holder'
said pawl stat order nowhere
is "$rc" 66 'a name that is nowhere: 66'
has "$err" "no lock 'nowhere'" 'and says which'

# ---- two that wait for each other ----

aid cross default a b
one=$aid
aid cross default b a
two=$aid
circle() { [ "$(pawl show --json a | json deadlock)" = true ]; }
until_true circle
result $? 'a deadlock is seen' "$(pawl show a)"
said pawl show a
has "$out" "deadlock   aid, process $one, thread $one, holds a and waits for b" 'told: who holds what and waits for what'
has "$out" "           aid, process $two, thread $two, holds b and waits for a" 'all the way round'
kill -9 "$two"
broken() { [ "$(pawl show --json a | json deadlock)" = false ]; }
until_true broken
result $? 'and no more when one of them has died' "$(pawl show a)"

# ---- for Prometheus ----

aid hold default $'odd"\\\n\xffname' x
said pawl stat -p
is "$rc $err" '0 ' 'stat --prometheus'
said expose < <(pawl stat --prometheus)
is "$rc" 0 'is an exposition'
has "$out" 'families' "$out"
out=$(pawl stat -p)
has "$out" 'pawl_lock_gave_up_total{space="default",lock="order"} 1' 'a counter'
has "$out" 'pawl_lock_wait_seconds_bucket{space="default",lock="order",le="+Inf"} 1' 'a histogram'
has "$out" 'lock="odd\"\\\\\\n\\xffname"' 'an odd name'
if command -v promtool >/dev/null; then
    pawl stat -p order | promtool check metrics >"$dir/promtool" 2>&1
    result $? 'promtool check metrics' "$(cat "$dir/promtool")"
fi
pawl run -S other x true
has "$(pawl stat -a -p)" 'space="default"' '-a: every space'

# ---- a space of another version of pawl ----

aid hold old name x
end_aid
printf '\002' | dd of="$PAWL_DIR/pawl.$(id -u).old" bs=1 seek=8 conv=notrunc status=none
said pawl ls -S old
is "$rc" 66 'a segment of another format is refused'
has "$err" "segment format 2, this library speaks $(sed -n 's|^#define PAWL__FORMAT *\([0-9]*\)u|\1|p' src/space/layout.h): use one version of pawl on a host: stop the programs" 'with the cure'

echo "1..$tap_n"
[ "$tap_failed" = 0 ]
