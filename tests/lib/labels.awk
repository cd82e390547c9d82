# SPDX-License-Identifier: BSD-2-Clause
# labels.awk: says which atomics in the C files it is given do not carry their label or their reason.
#
#   /* MU1 acquire: pairs with MU2 (unlock): what the last holder wrote is visible here */
#
# A non-relaxed atomic has a label, two capitals and a number, in a comment in its statement or right above it. A label
# names its partners behind "pairs with", up to the next colon, semicolon or full stop, at one of its sites at least;
# each partner stands at an atomic too and names it back ("the kernel" needs not). An order written behind a label is
# that of the code, or half of its ACQ_REL. A relaxed atomic has a comment there that says why that is enough; in a run of them, lines without
# a gap, the first one's comment serves all. Prints a line per fault, and how many it looked at on standard error.

function fault(where, what) { print where ": " what; faults++ }

# Splits the line into code[n] and note[n], minding comments that go on.
function split_line(line, at) {
    code[n] = note[n] = ""
    while (line != "") {
        if (inside) {
            at = index(line, "*/")
            note[n] = note[n] " " (at ? substr(line, 1, at - 1) : line)
            line = at ? substr(line, at + 2) : ""
            inside = !at
        } else if (match(line, /\/[*\/]/)) {
            code[n] = code[n] substr(line, 1, RSTART - 1)
            if (substr(line, RSTART + 1, 1) == "/") {
                note[n] = note[n] " " substr(line, RSTART + 2)
                return
            }
            line = substr(line, RSTART + 2)
            inside = 1
        } else {
            code[n] = code[n] line
            return
        }
    }
}

function order_in(text) {
    if (match(text, /(, *|__ATOMIC_|^[ \t]*)(ACQ_REL|ACQUIRE|RELEASE|SEQ_CST|CONSUME)\)/))
        return "strong"
    return text ~ /(, *|__ATOMIC_|^[ \t]*)RELAXED\)/ ? "relaxed" : ""
}

# The comments of the statement that line i is part of: in it, behind it, right above it.
function comments_of(i, first, last, j, text) {
    for (first = i; code[first - 1] ~ /[^ \t]/ && code[first - 1] !~ /[;{}:][ \t]*$|^#/; first--)
        ;
    for (last = i; last < n && code[last] !~ /[;{}][ \t]*$/ && code[last + 1] ~ /[^ \t]/; last++)
        ;
    for (j = first - 1; j > 0 && code[j] !~ /[^ \t]/ && note[j] ~ /[^ \t]/; j--)
        text = note[j] " " text
    for (j = first; j <= last; j++)
        text = text " " note[j]
    above = first - 1
    return text
}

function strong_atomic(i, text, where, label, rest, want) {
    if (!match(text, /[A-Z][A-Z][0-9]+/)) {
        fault(where, "no label at a non-relaxed atomic")
        return
    }
    label = substr(text, RSTART, RLENGTH)
    rest = substr(text, RSTART + RLENGTH)
    site[label] = where
    if (match(rest, /^ (acquire|release|acq_rel|seq_cst)/)) {
        want = toupper(substr(rest, 2, RLENGTH - 1))
        if (code[i] !~ want "\\)" && (code[i] !~ /ACQ_REL\)/ || want == "SEQ_CST"))
            fault(where, label " says " tolower(want) ", the code does not")
    }
    while (match(rest, /pairs with /)) {
        rest = substr(rest, RSTART + RLENGTH)
        partners(label, rest)
    }
}

function partners(label, text) {
    gsub(/\([^)]*\)/, "", text)
    sub(/[:;.].*/, "", text)
    if (text ~ /kernel/)
        named[label] = 1
    while (match(text, /[A-Z][A-Z][0-9]+/)) {
        pair[label, substr(text, RSTART, RLENGTH)] = 1
        named[label] = 1
        text = substr(text, RSTART + RLENGTH)
    }
}

function end_of_file(i, kind, text) {
    for (i = 1; i <= n; i++) {
        if (is_macro[i] || !(kind = order_in(code[i])))
            continue
        looked++
        text = comments_of(i)
        if (text !~ /[a-zA-Z]/ && served[above])
            text = served[above]
        served[i] = text
        if (kind == "strong")
            strong_atomic(i, text, file ":" i)
        else if (text !~ /[a-zA-Z]/)
            fault(file ":" i, "no reason at a relaxed atomic")
    }
    split("", served)
    split("", is_macro)
    n = inside = 0
}

FNR == 1 { if (n) end_of_file(); file = FILENAME }
{
    n++
    split_line($0)
    # The macros that pass an order on are no atomics themselves.
    is_macro[n] = code[n] ~ /^#[ \t]*define/ || (is_macro[n - 1] && code[n - 1] ~ /\\$/)
}

END {
    if (n)
        end_of_file()
    for (label in site)
        if (!named[label])
            fault(site[label], label " names no partner anywhere")
    for (both in pair) {
        split(both, of, SUBSEP)
        if (!(of[2] in site))
            fault(site[of[1]], of[1] " pairs with " of[2] ", which stands at no atomic")
        else if (!((of[2], of[1]) in pair))
            fault(site[of[2]], of[2] " does not name " of[1] ", which pairs with it")
    }
    print looked + 0 " atomics looked at" > "/dev/stderr"
    exit faults > 0 || !looked
}
