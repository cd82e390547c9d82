# SPDX-License-Identifier: BSD-2-Clause
# readme.sh: what the README tells a reader to type, for suites that do it.
# shellcheck shell=bash

# readme_blocks PREFIX: each of its blocks of C as PREFIXn.c; the first one is a whole program.
readme_blocks() {
    awk -v out="$1" '/^```c$/ { inside = 1; n++; file = out n ".c"; next } /^```/ { inside = 0 } inside { print >file }' README.md
}
# The two commands.
readme_commands() { sed -nE 's/^    (make setup [a-z]+) +#.*/\1/p' README.md; }
