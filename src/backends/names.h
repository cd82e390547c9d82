/* SPDX-License-Identifier: BSD-2-Clause */
/** names.h: what a backend remembers of each lock and place it has to do with: a record for each, found by both. */
#ifndef PAWL_BACKENDS_NAMES_H
#define PAWL_BACKENDS_NAMES_H

#include <stddef.h>

/* The head of a record. */
struct named {
	char *name;
	char place[8];
	struct named *next, *before;
};

/* All zero: none. */
struct names {
	void *root;
	struct named *first;
};

/** The record, or NULL. */
void *names_find(const struct names *all, const char *name, const char *place);
/** The record; a new one of `size` bytes, zero but for its head, if there is none. NULL: no memory, or a place too long. */
void *names_get(struct names *all, const char *name, const char *place, size_t size);
/** Forget and free one. */
void names_drop(struct names *all, void *record);
/** Call for each; `visit` may drop the one it is called for, and no other. */
void names_each(const struct names *all, void (*visit)(void *record, void *arg), void *arg);
/** Forget and free them all. */
void names_drop_all(struct names *all);

#endif
