#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# instructions.sh: instructions of a pair, of the library with probes and figures and without, counted by valgrind: 200,000 pairs less
# 100,000, so that what happens once falls out.
#
#   bench/probes/instructions.sh PROGRAM WITH.so WITHOUT.so
set -u
program=$1

# count LIBRARY KIND PAIRS: instructions of the whole program
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" --pairs "$1" "$2" "$3" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
for kind in named robust; do
    line="$kind:"
    for library in "$2" "$3"; do
        less=$(count "$library" $kind 100000) more=$(count "$library" $kind 200000)
        [ -n "$less" ] && [ -n "$more" ] || { echo "instructions.sh: valgrind has counted nothing" >&2; exit 1; }
        line+=" $(awk -v a="$less" -v b="$more" 'BEGIN { printf "%.2f", (b - a) / 100000 }')"
    done
    echo "$line instructions a pair, with and without"
done
