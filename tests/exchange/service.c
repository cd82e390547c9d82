/* SPDX-License-Identifier: BSD-2-Clause */
/* service.c: the lock service behind the locks: one that runs already, or a server of our own, which dies when we do. */
#include <string.h>

#include "exchange.h"

/* The scheme of its URLs, where that is not its name. */
static const char *scheme_of(const char *kind)
{
	return strcmp(kind, "zookeeper") == 0 ? "zk" : kind;
}

bool service_start(struct exchange *x)
{
	static char url[64];

	x->url = x->opt->remote;
	if (x->opt->service == NULL)
		return true;
	if (!server_start(&x->server, x->opt->service, NULL)) { /* its log is on stdout */
		fprintf(stderr, "exchange: no %s server here: install it with make setup\n", x->opt->service);
		return false;
	}
	snprintf(url, sizeof(url), "%s://%s", scheme_of(x->opt->service), x->server.authority);
	x->url = url;
	return true;
}

void service_end(struct exchange *x)
{
	if (x->server.kind != NULL)
		server_end(&x->server);
}
