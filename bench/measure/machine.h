/* SPDX-License-Identifier: BSD-2-Clause */
/** machine.h: on what the figures were measured; no result goes out without it. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bench_fact {
	const char *name;
	char value[400];
} bench_fact_t;

#define BENCH_FACTS_MOST 24

typedef struct bench_facts {
	bench_fact_t fact[BENCH_FACTS_MOST];
	size_t n;
} bench_facts_t;

/** Add one fact, as by printf. `name` must outlive the list. What is beyond the room there is, is left out. */
__attribute__((format(printf, 3, 4))) void bench_facts_add(bench_facts_t *facts, const char *name, const char *form, ...);

/** CPU, cores, hyperthreads, virtualised or not, governor, mitigations, kernel, libc, compiler, flags, load. */
void bench_facts_machine(bench_facts_t *facts);

/** Whether the CPU says so of itself, as /proc/cpuinfo has it. */
bool bench_machine_flag(const char *flag);

/** CPUs this process may run on; the i-th of them, counted round. */
unsigned bench_machine_cpus(void);
int bench_machine_pin(unsigned i);

#endif
