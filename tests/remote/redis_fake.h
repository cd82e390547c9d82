/* SPDX-License-Identifier: BSD-2-Clause */
/** redis_fake.h: a server that behaves like Redis until it is asked for a lock, and then says whatever a test wants it to. */
#ifndef PAWL_TESTS_REDIS_FAKE_H
#define PAWL_TESTS_REDIS_FAKE_H

#include <pthread.h>
#include <stddef.h>

struct redis_fake {
	int port, listener;
	const char *to;      /* the command that is answered so, "EVALSHA"; "": whatever comes first */
	const char *payload; /* with a NUL behind it, which is not sent */
	pthread_t thread;
	int ended[2]; /* closing one end ends the thread */
};

/** Ready to be connected to. */
void redis_fake_start(struct redis_fake *f, const char *to, const char *payload);
void redis_fake_end(struct redis_fake *f);

#endif
