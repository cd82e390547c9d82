/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz.h: what the fuzz targets share. A target is fuzz_NAME.c with LLVMFuzzerTestOneInput: libFuzzer calls it in build/fuzz, and
 * replay.c, which needs no libFuzzer, with the files of corpus/NAME in `make test`.
 *
 * Bytes are taken from the front; when there are none left they are 0, so that every input means something.
 */
#ifndef PAWL_TESTS_FUZZ_H
#define PAWL_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz {
	const uint8_t *at;
	size_t left;
};

uint8_t fuzz_byte(struct fuzz *f);
/** Little-endian, of `bytes` bytes. */
uint64_t fuzz_number(struct fuzz *f, unsigned bytes);
/** A text: what comes up to a zero byte or the end, cut to size - 1 bytes. */
char *fuzz_text(struct fuzz *f, char *text, size_t size);

/** What may never be otherwise, whatever the input was. */
#define fuzz_must(holds) ((holds) ? (void)0 : fuzz_fail(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_fail(const char *what, const char *file, int line);

/** Where the code under test writes for people, nobody reads: stderr goes nowhere from now on (sanitizers write past it). */
void fuzz_be_quiet(void);
/** A folder of our own in memory, named in PAWL_DIR; it goes with the process, however that ends. */
void fuzz_folder(void);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#endif
