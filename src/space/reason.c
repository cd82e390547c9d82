/* SPDX-License-Identifier: BSD-2-Clause */
/** reason.c: why a thread's last call on a space failed, in words.
 *
 * The words are allocated, with the thread's first failure, and freed when it ends: thread-local variables of this library
 * lie in the static TLS block, of which a library that is loaded by dlopen() gets a kilobyte or so.
 */
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <pawl/space.h>

#include "space/process.h"

#define REASON_SIZE (PATH_MAX + 256)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static void make_key(void)
{
	have_key = pthread_key_create(&key, free) == 0;
}

/* The thread's own room for words; NULL if it has none yet, or there is no memory for it. */
static char *room(bool make)
{
	char *words;

	pthread_once(&once, make_key);
	words = have_key ? pthread_getspecific(key) : NULL;
	if (words || !make || !have_key)
		return words;
	words = calloc(1, REASON_SIZE);
	if (words && pthread_setspecific(key, words) != 0) {
		free(words);
		words = NULL;
	}
	return words;
}

int pawl__refuse(int rc, const char *format, ...)
{
	char *words = room(true);
	va_list args;

	if (!words)
		return rc;
	va_start(args, format);
	vsnprintf(words, REASON_SIZE, format, args);
	va_end(args);
	return rc;
}

const char *pawl_space_reason(void)
{
	const char *words = room(false);

	return words && words[0] ? words : "no call on a space has failed in this thread";
}
