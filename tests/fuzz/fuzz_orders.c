/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_orders.c: the demo's file of orders: what is taken is whole and within its bounds, whatever the file is. */
#include "../exchange/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const uint8_t *file;
static size_t length;

#define PATH "orders of the input"

/* Linked with --wrap: that file is the input. */
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	static uint8_t none[1];

	if (strcmp(path, PATH) != 0)
		return __real_fopen(path, mode);
	return length ? fmemopen((void *)(uintptr_t)file, length, mode) : fmemopen(none, 1, "w+");
}

/* Room for as many orders as there can be in this file, and not for one more: 50,000 each time would take most of the time. */
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	size_t lines = 0;

	for (size_t i = 0; n == MAX_ORDERS && i < length; i++)
		lines += file[i] == '\n';
	return __real_calloc(n == MAX_ORDERS ? lines + 1 : n, size);
}

/* They say what is wrong on stderr. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_be_quiet();
	return 0;
}

static void check(const struct order *o)
{
	fuzz_must(*o->id && memchr(o->id, '\0', sizeof(o->id)) && *o->symbol && memchr(o->symbol, '\0', sizeof(o->symbol)));
	fuzz_must(*o->seller && memchr(o->seller, '\0', sizeof(o->seller)));
	fuzz_must(o->quantity >= 1 && o->quantity <= MAX_QUANTITY && o->cents >= 1 && o->cents < MAX_CENTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct orders orders;

	file = bytes;
	length = n;
	if (orders_load(&orders, PATH)) {
		uint64_t rng = 7;

		fuzz_must(orders.count >= 1 && orders.count <= MAX_ORDERS);
		for (unsigned i = 0; i < orders.count; i++)
			check(&orders.at[i]);
		orders_demand(&orders, n);
		fuzz_must(orders_pick(&orders, &rng) < orders.count);
	}
	orders_free(&orders);
	return 0;
}
