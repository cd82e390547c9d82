/* SPDX-License-Identifier: BSD-2-Clause */
/** backoff.h: how long to wait before the next attempt to connect: twice as long each time, and never as long as the others wait. */
#ifndef PAWL_BACKENDS_BACKOFF_H
#define PAWL_BACKENDS_BACKOFF_H

#include <stdint.h>

/* All zero: the first attempt failed just now. */
struct backoff {
	unsigned failures;
};

/** In nanoseconds: from half of 20 ms up to 2.56 s. */
int64_t backoff_next(struct backoff *b);

/** `span` less up to a half of it, by chance. */
int64_t backoff_jitter(int64_t span);

#endif
