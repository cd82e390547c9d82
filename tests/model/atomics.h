/* SPDX-License-Identifier: BSD-2-Clause */
/** atomics.h: what annotate.h includes in place of its own macros when the library is built for the explorer.
 *
 * Each operation becomes a call that tells the engine the address, the size, the order, and for traces the place. What
 * the calls do, and when other threads run in between: memory.c.
 */
#ifndef PAWL_TESTS_MODEL_ATOMICS_H
#define PAWL_TESTS_MODEL_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

enum model_order { MODEL_RELAXED, MODEL_ACQUIRE, MODEL_RELEASE, MODEL_ACQ_REL, MODEL_SEQ_CST };
enum model_rmw { MODEL_XCHG, MODEL_ADD, MODEL_OR, MODEL_AND };

/* Where in the source an operation stands. */
struct model_site {
	const char *function, *object;
	enum model_order order;
};

uint64_t model_load(const void *p, unsigned size, const char *function, const char *object, enum model_order order);
void model_store(void *p, unsigned size, const char *function, const char *object, enum model_order order, uint64_t v);
uint64_t model_rmw(void *p, unsigned size, const char *function, const char *object, enum model_order order,
	enum model_rmw what, uint64_t v);
bool model_cas(void *p, unsigned size, const char *function, const char *object, enum model_order order, void *expected,
	uint64_t v);
bool model_store_if(uint32_t *p, unsigned size, const char *function, const char *object, enum model_order order,
	uint32_t old, uint32_t v);
void model_pause(void);

/* The type of `*p` without its qualifiers, and a value as one of that type. */
#define MODEL_TYPE_(p)         __typeof__(0 ? *(p) : *(p))
#define MODEL_VALUE_(p, v)     ((uint64_t)(MODEL_TYPE_(p))(v))
#define MODEL_SITE_(p, order)  (p), sizeof(*(p)), __func__, #p, MODEL_##order
#define MODEL_RMW_(p, o, k, v) ((MODEL_TYPE_(p))model_rmw(MODEL_SITE_(p, o), k, MODEL_VALUE_(p, v)))

#define PAWL_LOAD(p, order)             ((MODEL_TYPE_(p))model_load(MODEL_SITE_(p, order)))
#define PAWL_STORE(p, v, order)         model_store(MODEL_SITE_(p, order), MODEL_VALUE_(p, v))
#define PAWL_XCHG(p, v, order)          MODEL_RMW_(p, order, MODEL_XCHG, v)
#define PAWL_FETCH_ADD(p, v, order)     MODEL_RMW_(p, order, MODEL_ADD, v)
#define PAWL_FETCH_OR(p, v, order)      MODEL_RMW_(p, order, MODEL_OR, v)
#define PAWL_FETCH_AND(p, v, order)     MODEL_RMW_(p, order, MODEL_AND, v)
#define PAWL_CAS(p, expected, v, order) model_cas(MODEL_SITE_(p, order), (expected), MODEL_VALUE_(p, v))

#define PAWL_STORE_IF(p, old, v, order) model_store_if(MODEL_SITE_(p, order), (old), (v))

#define PAWL_CPU_PAUSE() model_pause()
#define PAWL_YIELD()     model_pause()

#endif
