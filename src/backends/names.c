/* SPDX-License-Identifier: BSD-2-Clause */
/** names.c: the records (names.h), in the C library's tree. */
#include "backends/names.h"

#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int by_name = strcmp(a->name, b->name);

	return by_name ? by_name : strcmp(a->place, b->place);
}

static bool key_of(struct named *key, const char *name, const char *place)
{
	if (strlen(place) >= sizeof(key->place))
		return false;
	key->name = (char *)(size_t)name; /* only read */
	strcpy(key->place, place);
	return true;
}

void *names_find(const struct names *all, const char *name, const char *place)
{
	struct named key;
	void *const *found = key_of(&key, name, place) ? tfind(&key, &all->root, compare) : NULL;

	return found ? *found : NULL;
}

static void link_in(struct names *all, struct named *n)
{
	n->next = all->first;
	if (n->next)
		n->next->before = n;
	all->first = n;
}

static void *make(struct names *all, const char *name, const char *place, size_t size)
{
	struct named *n = calloc(1, size);
	char *copy = strdup(name);

	if (n && copy && key_of(n, copy, place) && tsearch(n, &all->root, compare)) {
		link_in(all, n);
		return n;
	}
	free(copy);
	free(n);
	return NULL;
}

void *names_get(struct names *all, const char *name, const char *place, size_t size)
{
	void *found = names_find(all, name, place);

	return found ? found : make(all, name, place, size);
}

void names_drop(struct names *all, void *record)
{
	struct named *n = record;

	tdelete(n, &all->root, compare);
	*(n->before ? &n->before->next : &all->first) = n->next;
	if (n->next)
		n->next->before = n->before;
	free(n->name);
	free(n);
}

void names_each(const struct names *all, void (*visit)(void *record, void *arg), void *arg)
{
	for (struct named *n = all->first, *next; n; n = next) {
		next = n->next;
		visit(n, arg);
	}
}

void names_drop_all(struct names *all)
{
	while (all->first)
		names_drop(all, all->first);
}
