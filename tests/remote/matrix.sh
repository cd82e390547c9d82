#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# matrix.sh: what the conformance suite has found (conform.h), as a table: a row for each case, a column for each protocol.
#
# Reads a file for each column from the folder MATRIX= (build/release/matrix), a line for each case: key, verdict, text, reason.
# Exit status: 1 when a cell has failed, or was not run.
set -u

cd "${MATRIX:-build/release/matrix}" || exit
columns=('redis queue' 'redis setnx' 'redis getset' zookeeper 'etcd queue' 'etcd key' 'etcd v3lock' directory)
for column in "${columns[@]}"; do
    echo $'\t'"$column"
    cat "$column" 2>/dev/null
done | awk -F '\t' '
    function padded(text, width) { while (length(text) < width) text = text " "; return text }
    function longer(a, b) { return a > b ? a : b }
    $1 == "" { column[++columns] = $2; next }
    !($1 in text) { key[++cases] = $1; text[$1] = $3; widest = longer(widest, length($1)) }
    $2 == "impossible" && !($4 in note) { note[$4] = ++notes; reason[notes] = $4 }
    { cell[columns, $1] = $2 == "impossible" ? "(" note[$4] ")" : $2 }
    END {
        line = padded("", widest)
        for (c = 1; c <= columns; c++)
            line = line "  " padded(column[c], width[c] = longer(7, length(column[c])))
        print line
        for (i = 1; i <= cases; i++) {
            line = padded(key[i], widest)
            for (c = 1; c <= columns; c++) {
                said = (c, key[i]) in cell ? cell[c, key[i]] : "not run"
                bad += said == "not run" || said == "FAILED"
                line = line "  " padded(said, width[c])
            }
            print line "  " text[key[i]]
        }
        if (notes)
            print "\ndeclared impossible, each tested to be so where that can be seen:"
        for (n = 1; n <= notes; n++)
            print "(" n ") " reason[n]
        print "\n" bad + 0 " cells have failed or were not run"
        exit bad || !cases
    }'
