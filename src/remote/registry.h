/* SPDX-License-Identifier: BSD-2-Clause */
/** registry.h: which backend speaks to the service that a URL names. */
#ifndef PAWL__REGISTRY_H
#define PAWL__REGISTRY_H

#include <pawl/remote.h>

/** The backend for a URL: the one registered for its scheme, or else the one that libpawl-SCHEME.so brings along.
 * Returns 0, and `*backend` stays good for the life of the process; EINVAL no URL, or a backend that does not fit; ENOENT no such
 * backend; ELIBACC it cannot be loaded. pawl_space_reason() says why. */
int pawl__backend_find(const char *url, const pawl_backend_t **backend);

#endif
