#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mirrors.sh: a model says nothing of source that has changed since. Each function that a model mirrors is listed in `mirrors`
# with a hash of its text; where they differ, that is a failure, until somebody has read both and says so.
#
#   tests/model/promela/mirrors.sh            a test for each function
#   tests/model/promela/mirrors.sh --record   I have held the models against all of them: note the hashes
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../../lib/tap.sh"
list=tests/model/promela/mirrors

# function FILE NAME: its text, from the line that begins it to the brace that ends it
function_text() {
    awk -v name="$2" '
        !on && /^[a-z_].*\(/ && !/;[[:space:]]*$/ && $0 ~ "(^|[^a-z0-9_])" name "\\(" { on = 1 }
        on { print }
        on && /^}/ { exit }' "$1"
}
hash_of() {
    local text
    text=$(function_text "$1" "$2")
    [ -n "$text" ] || { echo none; return; }
    sha256sum <<<"$text" | cut -c1-16
}

is_as_it_was() {
    local now
    now=$(hash_of "$2" "$3")
    [ "$now" != none ] || { echo "$2 has no function $3: $1 mirrors what is not there"; return 1; }
    [ "$now" = "$4" ] || {
        echo "$3 in $2 has changed since tests/model/promela/$1 was held against it: read both, then mirrors.sh --record"
        return 1
    }
}

if [ "${1:-}" = --record ]; then
    while read -r model file name hash; do
        case $model in
            '#'*) echo "$model $file $name $hash" ;;
            *) echo "$model $file $name $(hash_of "$file" "$name")" ;;
        esac
    done <"$list" >"$list.new" && mv "$list.new" "$list"
    exit
fi
while read -r model file name hash; do
    [[ $model == '#'* ]] || try "$model: $file, $name" is_as_it_was "$model" "$file" "$name" "$hash"
done <"$list"
finish
