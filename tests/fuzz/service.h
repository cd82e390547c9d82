/* SPDX-License-Identifier: BSD-2-Clause */
/** service.h: a backend in the hands of a keeper and of a server that both do what the input says: requests, turns of poll(), the
 * end of a keeper and the next one; and what an event of a backend always has to be, whatever its server says.
 *
 * Linked with --wrap: no clock but the input's, no waiting, no chance.
 */
#ifndef PAWL_TESTS_FUZZ_SERVICE_H
#define PAWL_TESTS_FUZZ_SERVICE_H

#include <pawl/remote.h>

#include "fuzz.h"

#define SERVICE_SECRET "hunter22"
#define SERVICE_HOST   "0123456789abcdef0123456789abcdef"

/** As long as there is input. `urls` ends with NULL. */
void service_run(const pawl_backend_t *backend, const char *const urls[], struct fuzz *input);

/** The clock. */
extern int64_t service_now;

#endif
