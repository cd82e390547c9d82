# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh: plants each fault of a list into a copy of its source, and demands that a program finds it. A fault that is not
# found is a hole in the tests; one whose text is not there exactly once is out of date. Sourced, after tap.sh, by who says
#
#   list=FILE            the faults
#   built=build/FLAVOR   where the programs were built; the copies lie in its mutants/
#   limit=SECONDS        for each
#   may_change PROGRAM   the .d files of its objects that are compiled again if they include the source with the fault,
#   may_not PROGRAM      and its other objects
#   finds FILE CASE      run the program FILE; true if it finds the fault; its first line of output is shown
#
# and then runs plant_all [NAME]: those whose name contains NAME, or all.
#
# A fault in the list is five lines: its name; `in` FILE; `find` TEXT; `plant` TEXT; `by` PROGRAM CASE. \n and \t in a text are
# what they are in C.
# shellcheck shell=bash disable=SC2154 # list, built, limit are the caller's

# text KEY BLOCK: the line of that key, with \n and \t resolved
text() {
    local t
    t=$(sed -n "s/^[[:space:]]*$1[[:space:]][[:space:]]*//p" <<<"$2" | head -1)
    t=${t//\\n/$'\n'}
    printf '%s' "${t//\\t/$'\t'}"
}

# once TEXT IN: is it there exactly once?
once() { [ -n "$1" ] && [[ $2 == *"$1"* ]] && [[ ${2#*"$1"} != *"$1"* ]]; }

# object_of SOURCE: there are sources that are called alike
object_of() { local o=${1%.c}; echo "${o//\//+}.o"; }

# compile SOURCE DIR: the copy in DIR, if there is one, with DIR's headers before the others, and beside it what lies beside SOURCE
compile() {
    local source=$1
    [ ! -e "$2/$1" ] || source=$2/$1
    nice "$compiler" -iquote "$2/${1%/*}" -iquote "${1%/*}" -I"$2/include" -I"$2/src" "${flags[@]}" -w -g0 -c "$source" -o "$2/$(object_of "$1")"
}

# hatch DIR FILE PROGRAM: PROGRAM with the mutated copy of FILE; all other objects as they are, unless they include it
hatch() {
    local d o objects=()
    while read -r d; do
        o=${d%.d}.o
        if grep -qF -- "$2" "$d"; then
            o=${d#"$built/"}
            o=${o%.d}.c
            compile "$o" "$1" || return
            o=$1/$(object_of "$o")
        fi
        objects+=("$o")
    done < <(may_change "$3")
    mapfile -t -O "${#objects[@]}" objects < <(may_not "$3")
    nice "$compiler" "${flags[@]}" -o "$1/$3" "${objects[@]}" -lm
}

# caught BLOCK: is this one found?
caught() {
    local name file find plant program case dir source
    name=${1%%$'\n'*}
    file=$(text in "$1") find=$(text find "$1") plant=$(text plant "$1")
    read -r program case <<<"$(text by "$1")"
    dir=$built/mutants/$name
    rm -rf "$dir"
    mkdir -p "$dir/$(dirname "$file")"
    source=$(cat "$file"; echo .)
    once "$find" "$source" || { echo "not there exactly once, in $file: $find"; return 1; }
    source=${source/"$find"/"$plant"}
    printf '%s' "${source%.}" >"$dir/$file"
    hatch "$dir" "$file" "$program" || return
    finds "$dir/$program" "$case" || { echo "not found by $program, $case"; return 1; }
}

# shellcheck disable=SC2317 # try calls it
told() {
    cat "$built/mutants/$1.said"
    return "$(cat "$built/mutants/$1.status")"
}

plant_all() {
    local line i blocks
    { read -r compiler; IFS= read -r line; } < <(make --no-print-directory -s FLAVOR="${built#build/}" compiler)
    flags=()
    eval "flags=($line)" # quoted for a shell, as in the Makefile
    mapfile -t blocks < <(grep -v '^#' "$list" | awk -v RS= -v name="${1:-}" 'index($1, name) { gsub(/\n/, "\001"); print }')

    # As many at a time as there are CPUs; each result in a file of its own, told in the order of the list.
    mkdir -p "$built/mutants"
    for i in "${!blocks[@]}"; do
        blocks[i]=${blocks[i]//$'\001'/$'\n'}
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
        { caught "${blocks[i]}" >"$built/mutants/$i.said" 2>&1; echo $? >"$built/mutants/$i.status"; } &
    done
    wait
    for i in "${!blocks[@]}"; do
        try "${blocks[i]%%$'\n'*}: $(head -1 "$built/mutants/$i.said")" told "$i"
    done
}
