/* SPDX-License-Identifier: BSD-2-Clause */
/** probe.h: where a tracer can look at the slow paths of a running program: USDT probes, listed in pawl_probes(7).
 *
 * Each is one nop and a note in the file that says where it is and where its arguments are: nothing is asked, nothing is
 * called. They stand where a thread waits, or has just learnt of something, never on the way of a lock that is free; the
 * arguments are values that are there anyway, or that take a few loads. Compiled out where <sys/sdt.h> is missing
 * (systemtap-sdt-dev), and by -DPAWL_NO_PROBES.
 */
#ifndef PAWL__PROBE_H
#define PAWL__PROBE_H

#include <stdint.h>

#if !defined(PAWL_NO_PROBES) && defined(__has_include)
#if __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#define PAWL__PROBES 1
#ifdef __clang__ /* which looks into the system's macros where they are used, and finds a list of arguments that ends early */
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif
#endif
#endif

/** All of them have five: the space's path, the lock's name ("": it has none), what it is told apart by, two numbers. */
#ifdef PAWL__PROBES
#define PAWL__PROBE(name, space, lock, which, x, y)                                                                    \
	DTRACE_PROBE5(pawl, name, (const char *)(space), (const char *)(lock), (uintptr_t)(which), (int64_t)(x),       \
		(int64_t)(y))
#else
#define PAWL__PROBE(name, space, lock, which, x, y) ((void)(space), (void)(lock), (void)(which), (void)(x), (void)(y))
#endif

#endif
