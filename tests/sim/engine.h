/* SPDX-License-Identifier: BSD-2-Clause */
/** engine.h: what makes a run the same each time: one queue of events, ordered by (true time, number), and one seed. */
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#define US 1000ll
#define MS 1000000ll
#define S  1000000000ll

/* What happens: `a` and `b` are indices of whatever it happens to, `c` is a generation or a message. */
typedef void act_t(uint32_t a, uint32_t b, uint64_t c);

/** True time, which nobody in the simulated world can see. */
extern int64_t true_now;
extern uint64_t events;

void engine_reset(uint64_t seed);
void at(int64_t when, act_t *act, uint32_t a, uint32_t b, uint64_t c);
/** Let the next thing happen, if it is due before `end`. */
bool engine_step(int64_t end);

uint64_t rnd(void);
uint32_t below(uint32_t n);
int64_t between(int64_t low, int64_t high);
bool one_in(uint32_t n);

/* A map of 64-bit keys (never 0) to indices (never 0). */
struct map {
	uint64_t *key;
	uint32_t *value, mask;
};
void map_make(struct map *m, uint32_t most);
void map_clear(struct map *m);
/** Where the key's value is kept; 0 in it: new. */
uint32_t *map_at(struct map *m, uint64_t key);

#endif
