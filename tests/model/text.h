/* SPDX-License-Identifier: BSD-2-Clause */
/** text.h: numbers, memories and runs as text, and back. */
#ifndef PAWL_TESTS_MODEL_TEXT_H
#define PAWL_TESTS_MODEL_TEXT_H

#include "model.h"

/** 1234567 as 1,234,567. Returns `text`. */
char *text_number(char text[32], uint64_t n);

const char *text_memory(enum model_memory kind);
/** 0 if there is none of that name. */
unsigned text_read_memory(const char *text);

/** Choices as 0*12.2.0.1*3; to be freed. */
char *text_choices(const unsigned char *path, size_t n);
bool text_read_choices(const char *text, unsigned char *path, size_t most, size_t *n);

#endif
