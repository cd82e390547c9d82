# SPDX-License-Identifier: BSD-2-Clause
# exposition.awk: reads Prometheus' text exposition (format 0.0.4) strictly; what is wrong goes to stdout, and the exit status is 1.
#
#   awk -f exposition.awk <metrics     at the end prints "N families, N samples"
function wrong(what) {
    print "line " NR ": " what ": " $0
    bad = 1
}
# The labels without le, which is left in `le`.
function labels_of(text) {
    le = ""
    if (match(text, /,?le="[^"]*"/)) {
        le = substr(text, RSTART, RLENGTH)
        text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
        gsub(/^,?le="|"$/, "", le)
    }
    return text
}
function close_histogram() {
    if (series != "" && !infinite) wrong("a histogram without +Inf before")
    series = ""
}
/^# HELP / {
    if (seen[$3]++) wrong("a second HELP")
    if (NF < 4) wrong("HELP says nothing")
    help = $3
    next
}
/^# TYPE / {
    close_histogram()
    if ($3 != help) wrong("TYPE does not follow its HELP")
    if ($4 !~ /^(counter|gauge|histogram)$/) wrong("no such type")
    if ($4 == "counter" && $3 !~ /_total$/) wrong("a counter whose name does not end in _total")
    if ($4 != "counter" && $3 ~ /_total$/) wrong("_total, and no counter")
    family = $3; type = $4; families++
    next
}
/^#/ || /^$/ { wrong("neither HELP, TYPE nor a sample"); next }
{
    if (!match($0, /^[a-zA-Z_:][a-zA-Z0-9_:]*/)) { wrong("no name"); next }
    name = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
    if (rest !~ /^{([a-z_][a-z0-9_]*="([^"\\]|\\["\\n])*",?)*} [0-9]+(\.[0-9]+)?$/) { wrong("neither labels nor a number"); next }
    value = rest; sub(/.*} /, "", value); sub(/ [^ ]*$/, "", rest)
    samples++
    if (twice[name rest]++) wrong("a second sample of that name and these labels")
    if (type != "histogram") {
        if (name != family) wrong("not of the family above")
        next
    }
    part = substr(name, length(family) + 1); id = labels_of(rest)
    if (substr(name, 1, length(family)) != family || part !~ /^_(bucket|sum|count)$/) { wrong("not of the histogram above"); next }
    if (part == "_bucket") {
        if (id != series) { close_histogram(); series = id; bound = 0; count = 0; infinite = 0 }
        if (infinite) wrong("a bucket behind +Inf")
        if (le == "+Inf") infinite = 1
        else if (le !~ /^[0-9.]+(e-[0-9]+)?$/ || le + 0 <= bound) wrong("bounds do not rise")
        if (value + 0 < count) wrong("buckets are not cumulative")
        bound = le + 0; count = value + 0
    } else {
        if (id != series || !infinite) wrong("no buckets before it")
        if (part == "_count" && value + 0 != count) wrong("_count is not the +Inf bucket")
    }
}
END {
    close_histogram()
    print families + 0 " families, " samples + 0 " samples"
    exit bad
}
