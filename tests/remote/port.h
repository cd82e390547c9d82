/* SPDX-License-Identifier: BSD-2-Clause */
/** port.h: ports of the loopback that stay ours while nobody listens to them. */
#ifndef PAWL_TESTS_PORT_H
#define PAWL_TESTS_PORT_H

/** One that was free; nobody but who says SO_REUSEADDR, and its number, gets it while `*held` is open. Connections are refused
 * there until somebody listens. 0: there is none. */
int port_hold(int *held);

#endif
