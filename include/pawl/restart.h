/* SPDX-License-Identifier: BSD-2-Clause */
/** restart.h: compare and store without an atomic instruction, for what only one thread stores: Linux's restartable sequences.
 *
 * PAWL_STORE_IF(word, old, value, RELEASE) stores `value` in the 32 bits at `word` if they are `old`, and says whether it did. The
 * comparison and the store are two plain instructions; what makes them one is the kernel: it lets no thread go on between
 * them that was preempted, got a signal, or was told by membarrier(2) to start anew. Such a thread finds that it has not
 * stored. So it is as good as a compare-and-swap towards everybody who, having changed the word, calls
 * pawl__fence_restart() before relying on the change (src/core/fence.h): either the store is there for all to see, or it will
 * not be made. It costs what a comparison and a store cost, half of a compare-and-swap and a store.
 *
 * For x86-64 with glibc 2.35 and Linux 5.10 or newer; where pawl_restart_ is 0 it says no at once, and the caller takes its
 * other way. A file that is compiled with -masm=intel defines PAWL_NO_RESTART before it includes this. Not under ThreadSanitizer, which cannot see inside. Assembly, because no builtin can name the instruction that
 * commits, or the place to go on at.
 *
 * Order    RELEASE, always: the store is not moved before anything that the caller did.
 * Signals  async-signal-safe.
 * Source   rseq(2), membarrier(2). The descriptor is unset behind it, so that code that contains one of these may be
 *          unloaded: the kernel would look for it at the thread's next interruption.
 */
#ifndef PAWL_RESTART_H
#define PAWL_RESTART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pawl/annotate.h>

PAWL_EXTERN_C_BEGIN

/* Where the calling thread's area for such sequences lies, from its thread pointer; 0: it has none, or the kernel does not
 * tell others to start anew. Set before the thread owns its first lock, and not changed then. */
extern PAWL_API __thread ptrdiff_t pawl_restart_ __attribute__((tls_model("initial-exec")));

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PAWL_RESTART_NOT_HERE_
#endif
#endif
#if defined(PAWL_NO_RESTART) || defined(__SANITIZE_THREAD__) || !defined(__x86_64__) || defined(__ILP32__)
#define PAWL_RESTART_NOT_HERE_
#endif

#ifndef PAWL_STORE_IF
/* Few bytes, many lines: gcc would count the lines, and not inline the function that contains them. */
#if defined(__GNUC__) && __GNUC__ >= 9
#define PAWL_ASM_SMALL_ __inline__
#else
#define PAWL_ASM_SMALL_
#endif
#ifdef PAWL_RESTART_NOT_HERE_
#define PAWL_STORE_IF(word, old, value, order) ((void)(word), (void)(old), (void)(value), false)
#else
#define PAWL_STORE_IF(word, old, value, order) pawl_store_if_((word), (old), (value))

static inline bool pawl_store_if_(uint32_t *word, uint32_t old, uint32_t value)
{
	ptrdiff_t area = pawl_restart_;

	if (PAWL_UNLIKELY(area == 0))
		return false;
	/* The descriptor: version, flags; start, length, where to go instead. Then: point at it (offset 8 of the area), compare,
	 * store. The flag ? keeps them together with the function that this stands in, should the linker drop it as a copy of
	 * another. The signature in front of `instead` is the one glibc has registered. */
	__asm__ PAWL_ASM_SMALL_ __volatile__ goto(".pushsection __rseq_cs, \"aw?\"\n\t"
						  ".balign 32\n"
						  "90:\t.long 0, 0\n\t"
						  ".quad 91f, 92f - 91f, 93f\n\t"
						  ".popsection\n\t"
						  "leaq 90b(%%rip), %%rax\n\t"
						  "movq %%rax, %%fs:8(%[area])\n"
						  "91:\tcmpl %[old], (%[word])\n\t"
						  "jne 93f\n\t"
						  "movl %[value], (%[word])\n"
						  "92:\tmovq $0, %%fs:8(%[area])\n\t"
						  ".pushsection __rseq_failure, \"ax?\"\n\t"
						  ".byte 0x0f, 0xb9, 0x3d\n\t"
						  ".long 0x53053053\n"
						  "93:\tmovq $0, %%fs:8(%[area])\n\t"
						  "jmp %l[refused]\n\t"
						  ".popsection"
						  :
						  : [word] "r"(word), [old] "r"(old), [value] "ri"(value), [area] "r"(area)
						  : "rax", "memory", "cc"
						  : refused);
	return true;
refused:
	return false;
}
#endif
#endif

PAWL_EXTERN_C_END

#endif
