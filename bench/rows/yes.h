/* SPDX-License-Identifier: BSD-2-Clause */
/** yes.h: a lock service that says yes: yes://. What a lock with a remote costs on the host, and nothing else. */
#ifndef BENCH_YES_H
#define BENCH_YES_H

/** Make it known to the library. 0 or an errno value. */
int bench_yes_register(void);

#endif
