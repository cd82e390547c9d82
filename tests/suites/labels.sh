#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# labels.sh: every atomic says what it pairs with, or why it need not; the rules are in tests/lib/labels.awk.
# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
scratch

# The files as they are, and one by one when they fail, to be told apart.
all() { find src include -name '*.[ch]' -print0 | sort -z | xargs -0 awk -f tests/lib/labels.awk; }
try "the library" all

# says FAULT: a file made of standard input, in which the checker has to see just that; "" for nothing
check() { awk -f tests/lib/labels.awk "$tap_scratch/planted.c" 2>/dev/null; }
says() {
    local said
    said=$(check)
    echo "said: $said"
    if [ -z "$1" ]; then [ -z "$said" ]; else [ "$(grep -c . <<<"$said")" = 1 ] && grep -q "$1" <<<"$said"; fi
}
plant() {
    local name=$1 fault=$2
    cat >"$tap_scratch/planted.c"
    try "$name" says "$fault"
}
good='/* ZZ1 acquire: pairs with ZZ2 (unlock): the last section is visible */
x = PAWL_LOAD(&word, ACQUIRE);
PAWL_STORE(&word, 0u, RELEASE); /* ZZ2 release: pairs with ZZ1 */'

plant "silent: a pair" '' <<<"$good"
plant "silent: a label again, its partner named elsewhere" '' <<<"$good
/* ZZ1 acquire, as above */
if (a &&
    PAWL_CAS(&word, &zero, 1u, ACQUIRE))
    return;"
plant "silent: many partners, a comment of two lines" '' <<<"$good
/* ZZ3 seq_cst: pairs with ZZ4 (one, two) and with the kernel's store,
 * and ZZ5: not with ZZ9 */
__atomic_thread_fence(__ATOMIC_SEQ_CST);

x = PAWL_LOAD(&a, ACQUIRE); /* ZZ4: pairs with ZZ3 */
x = PAWL_LOAD(&b, ACQUIRE); /* ZZ5: pairs with ZZ3 */"
plant "silent: the kernel alone as a partner" '' <<<'/* ZZ1 acquire: pairs with the kernel store */
x = PAWL_LOAD(&word, ACQUIRE);'
plant "silent: a run of relaxed ones" '' <<<'/* relaxed: we are alone */
PAWL_STORE(&a, 0, RELAXED);
PAWL_STORE(&b, 0, RELAXED);'
plant "silent: a comment is no atomic" '' <<<"$good
/* x = PAWL_LOAD(&word, ACQUIRE); */"
plant "seen: no label" ':1: no label' <<<'x = PAWL_LOAD(&word, ACQUIRE);'
plant "seen: no label, the order on a line of its own" ':2: no label' <<<'x = PAWL_CAS(&word, &zero, 1u,
    ACQUIRE);'
plant "seen: no label, written out" ':1: no label' <<<'x = __atomic_load_n(&word, __ATOMIC_SEQ_CST);'
plant "seen: a comment, but no label" ':2: no label' <<<'/* acquire: the last section is visible */
x = PAWL_LOAD(&word, ACQUIRE);'
plant "seen: the label is somewhere above" ':5: no label' <<<"$good

x = PAWL_LOAD(&word, ACQUIRE);"
plant "seen: a label without a partner" 'names no partner' <<<'x = PAWL_LOAD(&word, ACQUIRE); /* ZZ1 acquire */'
plant "seen: a partner that is nowhere" 'stands at no atomic' <<<'x = PAWL_LOAD(&word, ACQUIRE); /* ZZ1 acquire: pairs with ZZ2 */'
plant "seen: a partner that does not name it back" 'ZZ2 does not name ZZ3' <<<"$good
x = PAWL_LOAD(&word, ACQUIRE); /* ZZ3 acquire: pairs with ZZ2 */"
plant "seen: another order than the label says" 'says acquire' <<<"${good/ ACQUIRE)/ SEQ_CST)}"
plant "seen: relaxed, and no reason" ':1: no reason' <<<'x = PAWL_LOAD(&word, RELAXED);'
plant "seen: relaxed, the reason behind a gap" ':3: no reason' <<<'/* a hint */

x = PAWL_LOAD(&word, RELAXED);'
plant "seen: a relaxed one after other code" ':4: no reason' <<<'/* relaxed: a hint */
x = PAWL_LOAD(&word, RELAXED);
y = 2;
z = PAWL_LOAD(&word, RELAXED);'
: >"$tap_scratch/planted.c"
try "seen: nothing to look at" refuses check
finish
