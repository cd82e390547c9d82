/* SPDX-License-Identifier: BSD-2-Clause */
/** zookeeper_shim.h: the client library of ZooKeeper as its backend sees it, without a server: what is asked is remembered, and
 * answered, when the backend turns, with whatever the bytes of `shim` say. Answers have the types that the library promises, and no
 * more: any number, any text, any list, NULL where it can be.
 */
#ifndef PAWL_TESTS_ZOOKEEPER_SHIM_H
#define PAWL_TESTS_ZOOKEEPER_SHIM_H

#include "fuzz.h"

extern struct fuzz *shim;

#endif
