/* SPDX-License-Identifier: BSD-2-Clause */
/** point.h: the labelled points of the library, in the simulator's build: between two stores of a keeper the simulator lets it die,
 * or lets the threads of its host go on. Included before anything else, in the place of core/point.h.
 */
#ifndef SIM_POINT_H
#define SIM_POINT_H

#define PAWL__POINT_H
#define PAWL__POINT(label) sim_point(label)

void sim_point(const char *label);

#endif
