/* SPDX-License-Identifier: BSD-2-Clause */
/** reason.c: why the last call on a space failed, in words. One line per thread. */
#include <stdarg.h>
#include <stdio.h>

#include "space/process.h"

/* Too large for the static TLS that the rest of the library uses: a dlopen()ed library gets little of that. */
__attribute__((tls_model("global-dynamic"))) static __thread char reason[PATH_MAX + 256];

int pawl__refuse(int rc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return rc;
}

const char *pawl_space_reason(void)
{
	return reason[0] ? reason : "no call on a space has failed in this thread";
}
