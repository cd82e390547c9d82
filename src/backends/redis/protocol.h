/* SPDX-License-Identifier: BSD-2-Clause */
/** protocol.h: the three protocols, as data: each is a script, the keys it works on, and what it can promise. */
#ifndef PAWL_BACKENDS_REDIS_PROTOCOL_H
#define PAWL_BACKENDS_REDIS_PROTOCOL_H

#include "backends/redis/settings.h"

enum { PROTOCOL_KEYS = 5, PROTOCOL_PARTS = 5, PROTOCOL_ASKERS = 1 };

struct protocol {
	const char *parts[PROTOCOL_PARTS]; /* of its script */
	/* Behind the lock's own key in braces; one may be that key itself: NULL. That of PROTOCOL_ASKERS is each asker's own. */
	const char *key[PROTOCOL_KEYS];
	int keys;
	bool plain;  /* the lock is a key that others use, too; there is no queue */
	bool fences; /* it gives tokens */
};

const struct protocol *protocol_of(const struct settings *s);
/** What its `open` says of it: PAWL_REMOTE_FENCES and so on. */
unsigned protocol_flags(const struct settings *s);
/** Its script, to be freed; NULL: no memory. */
char *protocol_script(const struct protocol *p);
/** Asked at each connect, whatever the protocol. */
extern const char protocol_boot[];

#endif
