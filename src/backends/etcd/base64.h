/* SPDX-License-Identifier: BSD-2-Clause */
/** base64.h: bytes as the gateway of etcd writes them in JSON. */
#ifndef PAWL_ETCD_BASE64_H
#define PAWL_ETCD_BASE64_H

#include <stddef.h>

#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/** Write `n` bytes as BASE64_SIZE(n) characters, the NUL among them. */
void base64_write(const void *bytes, size_t n, char *text);

/** Read text into `size` bytes, and a NUL behind them. Their number; -1: it is no base64, holds a NUL, or does not fit. */
long base64_read(const char *text, char *bytes, size_t size);

#endif
