/* SPDX-License-Identifier: BSD-2-Clause */
/** run.h: one run of a case: how it begins, and what its states are worth. */
#ifndef PAWL_TESTS_MODEL_RUN_H
#define PAWL_TESTS_MODEL_RUN_H

#include "model.h"

extern const struct model_case *run_case;

/** Everything as it is before the first step. */
void run_begin(void);
bool run_has_failed(void);

/** Look at the state at hand, from which there are `n` ways to go on: does it fail? Returns true if the run ends here. */
bool run_judge(unsigned n);

#endif
