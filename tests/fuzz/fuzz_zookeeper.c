/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_zookeeper.c: what ZooKeeper's client library calls back with: any code, name, list, number, at any time (zookeeper_shim.c). */
#include "service.h"
#include "zookeeper_shim.h"

extern const pawl_backend_t pawl_backend_zk;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const urls[] = { "zk://one", "zk://u:" SERVICE_SECRET "@one,two:9/work?prefix=x/y", NULL };
	struct fuzz input = { bytes, n };

	shim = &input;
	service_run(&pawl_backend_zk, urls, &input);
	return 0;
}
