#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# analyze.sh: gcc -fanalyzer, clang-tidy and cppcheck over some files: tests/lib/analyze.sh COMPILER 'FLAGS' FILE...
#
# Says what they find, and how many files they looked at; exit status 1 if they found anything. What is not an error, and why:
#   gcc -fanalyzer     -Wno-analyzer-malloc-leak: it loses what is kept in a structure reached by a pointer
#                      that a caller passed, which is where all of ours is kept (gcc 12)
#                      -Wno-analyzer-use-of-uninitialized-value: it does not believe that an out parameter is set where 0 is returned
#                      -Wno-analyzer-too-complex: that it gave up somewhere is no fault of what it looked at
#   clang-tidy         .clang-tidy
#   cppcheck           tests/lib/cppcheck, which has no room for reasons: style and what is not used are not asked for; it does not
#                      follow annotate.h into the builtins; NULL is a pointer in every C library that this runs on (varFuncNullUB);
#                      a text that is an #include confuses it (internalAstError); a structure that is filled in member by member
#                      counts as not filled in (ctuuninitvar)
# A tool that is not done with a file after five minutes has something to say, too.
set -u
compiler=$1 flags=$2
shift 2
out=$(mktemp -d) || exit
trap 'rm -rf "$out"' EXIT
export compiler flags out

# ask TOOL FILE COMMAND...: what it says is kept, if it is not content.
ask() {
    local said=$out/${2//\//-}.$1 limit=${LIMIT:-300}
    nice timeout "$limit" "${@:3}" >"$said" 2>"$said.err" && rm -f "$said" "$said.err" && return
    [ $? != 124 ] || echo "$2: $1 is not done after $limit s" >>"$said"
    # clang-tidy counts there what it did not show
    [ "$1" = clang-tidy ] || cat "$said.err" >>"$said"
    rm -f "$said.err"
}

look() {
    local all
    eval "all=($flags)" # quoted for a shell
    # shellcheck disable=SC2086 # it may have options
    ask gcc "$1" $compiler "${all[@]}" -O1 -Werror -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value \
        -Wno-analyzer-too-complex -c "$1" -o /dev/null
    ask clang-tidy "$1" clang-tidy --quiet "$1" -- "${all[@]}"
    ask cppcheck "$1" cppcheck -q --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
        --suppressions-list=tests/lib/cppcheck --error-exitcode=1 -Iinclude -Isrc -D_GNU_SOURCE -D__x86_64__ --template=gcc "$1"
}
export -f ask look
# shellcheck disable=SC2016 # the other shell's
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" bash -c 'look "$1"' look
found=$(find "$out" -type f | wc -l)
find "$out" -type f -exec cat {} +
echo "# analyzed: $# files, $found with something to say"
[ "$found" = 0 ]
