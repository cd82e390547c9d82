/* SPDX-License-Identifier: BSD-2-Clause */
/** directory.h: the worked example of pawl/remote.h: locks in a directory that all hosts see.
 *
 *   dir:///path/to/directory              absolute; it must exist, and be writable
 *   dir:///path/to/directory?delay=20     each request takes that many milliseconds to arrive
 *
 * Hosts are whoever has a host id: processes with a PAWL_DIR each, or in namespaces. All on one machine, since leases are
 * counted on its CLOCK_BOOTTIME: a directory that several machines share would need a clock they share. And all with one
 * time to live: a directory that is new may be one that was removed while others held leases, so for as long as these may
 * last nobody asks for any. Whoever knows better writes 0 to the file .born in it.
 */
#ifndef PAWL_TESTS_DIRECTORY_H
#define PAWL_TESTS_DIRECTORY_H

#include <pawl/remote.h>

/** For pawl_backend_register(); in libpawl-dir.so what is looked for there. */
PAWL_API extern const pawl_backend_t pawl_backend_dir;

#endif
