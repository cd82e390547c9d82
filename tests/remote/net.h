/* SPDX-License-Identifier: BSD-2-Clause */
/** net.h: a network for the test alone, in namespaces: each host is at the end of a wire, which can be pulled out. What is under way
 * then is lost, and nobody is told. For root.
 */
#ifndef PAWL_TESTS_NET_H
#define PAWL_TESTS_NET_H

#include <stdbool.h>

/** This process, and those it makes from now on, get a network of their own, and `n` hosts beside it. False: not here. */
bool net_begin(int n);
/** This process moves to host `h`. False: it could not. */
bool net_enter(int h);
/** Where the host finds us. Good until the next call. */
const char *net_address(int h);
/** Pull its wire out; or put it in again. */
void net_plug(int h, bool in);

#endif
