/* SPDX-License-Identifier: BSD-2-Clause */
/** shelf.h: the files of a directory of locks: each is whole at any time, whoever is killed. All return 0 or an errno. */
#ifndef PAWL_TESTS_SHELF_H
#define PAWL_TESTS_SHELF_H

#include <limits.h>

#include "ledger.h"

/** What the file of a lock is called. A name too long for that ends in a number made of all of it. */
void shelf_file_of(const char *name, char file[NAME_MAX + 1]);

/** Write a file whole or not at all. The caller has the directory's lock. */
int shelf_replace(int dir, const char *file, const void *data, size_t size);

/** Read what is known of a lock: nothing yet, if there is no file. EPROTO: the file is of something else. */
int shelf_read_ledger(int dir, const char *file, const char *name, struct ledger *l);

/** How long to ask for nothing, because of leases from an older directory of that name. The caller has the lock. */
int shelf_birth(int dir, int64_t ttl, int64_t *delay);

#endif
