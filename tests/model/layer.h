/* SPDX-License-Identifier: BSD-2-Clause */
/** layer.h: the library's surroundings as an exploration begins. */
#ifndef PAWL_TESTS_MODEL_LAYER_H
#define PAWL_TESTS_MODEL_LAYER_H

#include "world.h"

/** Library settings as an exploration begins with: no looking before a sleep, no slices, nobody is ever hungry. The case's
 * setup may change them. */
void layer_begin(const struct model_case *c);

#endif
