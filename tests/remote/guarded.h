/* SPDX-License-Identifier: BSD-2-Clause */
/** guarded.h: what a lock guards in these tests: a list of numbers, in memory that all processes share. It is read and written as a
 * whole, as a value in some store would be, so that who writes back what it read long ago takes away what others have added.
 * It may be asked for with a token: then it takes none that is smaller than one it has seen, to read or to write, and what it
 * took is noted in the history, in that order. Its own mutex is the C library's, robust, with priority inheritance.
 */
#ifndef PAWL_TESTS_GUARDED_H
#define PAWL_TESTS_GUARDED_H

#include <pthread.h>

#include "history.h"

enum { GUARDED_NUMBERS = 1 << 16 };

struct guarded_list {
	uint64_t bits[GUARDED_NUMBERS / 64];
};

struct guarded {
	pthread_mutex_t mutex;
	pawl_fence_t seen;
	struct guarded_list list;
	uint32_t next;                     /* the next number that nobody has added */
	uint8_t promised[GUARDED_NUMBERS]; /* its client was told that it is in */
};

void guarded_init(struct guarded *g);
/** A number that nobody else gets. */
uint32_t guarded_number(struct guarded *g);
/** Copy the list; of lock `lock`, with a token. False: it is not taken. Without one (NULL) always true, and nothing is noted. */
bool guarded_read(struct guarded *g, unsigned lock, const pawl_fence_t *token, struct guarded_list *list);
/** The same, the other way, with one number more. */
bool guarded_write(struct guarded *g, unsigned lock, const pawl_fence_t *token, struct guarded_list *list, uint32_t number);
/** Its client knows that the number is in. */
void guarded_promise(struct guarded *g, uint32_t number);
/** How many are promised, and are not in. */
unsigned guarded_missing(const struct guarded *g);

#endif
