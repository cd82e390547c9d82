# SPDX-License-Identifier: BSD-2-Clause
# mdoc.awk: what can be held against the source in a manual page: awk -v want=KIND -f mdoc.awk PAGE
#
#   names       what its NAME section names
#   prototypes  its SYNOPSIS as C: includes and declarations of functions
#   programs    its literal blocks with a main(), into the files OUT.1, OUT.2 .. (-v out=OUT), and what each prints, the .Dl that
#               follows it, into OUT.1.says ..; their number is printed
function plain(s) { gsub(/\\e/, "\\", s); gsub(/\\&/, "", s); gsub(/\\-/, "-", s); return s }
# The arguments of a macro: quoted, or words.
function arguments(line, args,    n) {
    sub(/^\.[A-Z][a-z] */, "", line)
    for (n = 0; line != ""; sub(/^ +/, "", line))
        if (match(line, /^"[^"]*"/)) {
            args[++n] = substr(line, 2, RLENGTH - 2)
            line = substr(line, RLENGTH + 1)
        } else {
            match(line, /^[^ ]+/)
            args[++n] = substr(line, 1, RLENGTH)
            line = substr(line, RLENGTH + 1)
        }
    return n
}
/^\.Sh / { section = substr($0, 5) }

want == "names" && section == "NAME" && /^\.Nm / { print $2 }

want == "prototypes" && section == "SYNOPSIS" {
    if (/^\.In pawl\/.*\.h$/)
        print "#include <" $2 ">"
    if (/^\.Ft /)
        type = substr($0, 5)
    if (/^\.Fn / && type != "") {
        n = arguments($0, args)
        list = n > 1 ? args[2] : "void"
        for (i = 3; i <= n; i++)
            list = list ", " args[i]
        print type " " args[1] "(" list ");"
        type = ""
    }
}

want == "programs" && /^\.Ed/ && inside {
    inside = 0
    if (text ~ /\nint main\(/) {
        file = out "." ++programs
        printf "%s", text >file
        close(file)
    }
}
want == "programs" && inside { text = text plain($0) "\n" }
want == "programs" && /^\.Bd -literal/ { inside = 1; text = "" }
want == "programs" && /^\.Dl / && file { print plain(substr($0, 5)) >(file ".says"); close(file ".says"); file = "" }
END { if (want == "programs") print programs + 0 }
