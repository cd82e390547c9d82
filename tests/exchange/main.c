/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c: the exchange from opening to verdict; leaves no process and no file behind, however it
 * ends; a service it has started included. */
#include <stdlib.h>

#include "exchange.h"

/* To end by the signal that asked for it is what shells and callers expect. */
static void end_by(int sig)
{
	sigset_t only;

	sigemptyset(&only);
	sigaddset(&only, sig);
	signal(sig, SIG_DFL);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
}

static int judge(struct exchange *x, const struct outcome *out)
{
	struct verdict v = { 0 };

	if (out->hung || out->failed > 0 || out->signal != 0) {
		fprintf(stderr, "exchange: FAILED: %s (--seed %llu)\n",
			out->signal != 0 ? "interrupted"
			: out->hung      ? "hung"
					 : "a worker gave up",
			(unsigned long long)x->opt->seed);
		return EXIT_BROKEN;
	}
	audit_visit(x, &v);
	audit_books(x, &v);
	if (x->opt->json)
		report_json(x, out, &v);
	else
		report_table(x, out, &v);
	return report_held(x, out, &v) ? EXIT_HELD : EXIT_BROKEN;
}

static int trade(struct exchange *x)
{
	struct outcome out = { 0 };
	sigset_t signals;
	int status;

	if (!board_map(x))
		return EXIT_SYSTEM;
	reaper_block_signals(&signals); /* before there is anything to leave behind */
	if (!home_make(x)) {
		board_unmap(x);
		return EXIT_SYSTEM;
	}
	status = EXIT_SERVICE;
	if (service_start(x) && home_try(x)) {
		reaper_run(x, &signals, &out);
		status = judge(x, &out);
	}
	home_remove(x);
	service_end(x);
	board_unmap(x);
	if (out.signal != 0)
		end_by(out.signal);
	return status;
}

int main(int argc, char **argv)
{
	struct options opt;
	struct orders orders;
	struct exchange x = { .opt = &opt, .orders = &orders };
	int status = EXIT_ORDERS;

	options_parse(&opt, argc, argv);
	if (opt.generate != 0)
		return generate_orders(stdout, opt.generate, opt.seed);
	if (orders_load(&orders, opt.orders)) {
		orders.count = orders.count < opt.first ? orders.count : opt.first;
		orders_demand(&orders, opt.seed);
		status = trade(&x);
	}
	orders_free(&orders);
	return status;
}
