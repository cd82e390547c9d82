/* SPDX-License-Identifier: BSD-2-Clause */
/** chan.h: a channel from the inside: what select.c needs of it. */
#ifndef PAWL__CHAN_H
#define PAWL__CHAN_H

#include <pawl/chan.h>

#include "core/event.h"

#define PAWL__LINE 128 /* bytes that are fetched together: two cache lines */

struct pawl_chan {
	size_t capacity, element_size;
	size_t stride; /* from cell to cell */
	uint64_t lap;  /* a power of two, `capacity` or more: see chan.c */
	bool fenced;   /* this process cannot have heavy fences: see event.h */

	_Alignas(PAWL__LINE) uint64_t tail;      /* where the next one is sent to; bit 63: closed */
	_Alignas(PAWL__LINE) uint64_t head;      /* where the next one is received from */
	_Alignas(PAWL__LINE) uint32_t not_empty; /* receivers sleep here */
	_Alignas(PAWL__LINE) uint32_t not_full;  /* senders sleep here */
	_Alignas(PAWL__LINE) unsigned char cells[];
};

/** Without waiting: 0, EBUSY, EPIPE. */
int pawl__chan_try_send(pawl_chan_t *c, const void *element);
int pawl__chan_try_recv(pawl_chan_t *c, void *element);

/** For one who has announced itself at `event` of `c` and leaves: wakes another for whom there is something to do. */
void pawl__chan_leave(pawl_chan_t *c, uint32_t *event);

#endif
