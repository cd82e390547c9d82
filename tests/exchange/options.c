/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c: the command line. What is not understood ends the program with status 64 and a
 * sentence. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"

/* From the top folder, where make runs it. */
#define SHIPPED "tests/exchange/orders.csv"

static const char help[] =
	"Usage: exchange [OPTION]...\n"
	"Worker processes fight over sellers' orders by name while a reaper kills them;\n"
	"at the end a table says whether every unit was sold once, every sale was\n"
	"booked, every token rose.\n"
	"\n"
	"  --orders FILE   the orders, a CSV: order,symbol,side,seller,quantity,price\n"
	"                  (default " SHIPPED ")\n"
	"  --first N       only the first N of them (default: all; between hosts 100, so that each\n"
	"                  is contended)\n"
	"  --workers N     worker processes at a time (default 6, at most 256)\n"
	"  --threads M     buyers, a thread each, in every worker (default 4)\n"
	"  --seconds S     how long (default 5, between hosts 10; fractions are welcome)\n"
	"  --kills N       go on until N workers were killed (default 100, between\n"
	"                  hosts 40); 0: kill none\n"
	"  --seed N        repeat the random choices of an earlier run\n"
	"  --space NAME    use this space in $PAWL_DIR or /dev/shm, for `pawl ls`\n"
	"  --patience S    to wait in vain for so long is a hang: say who waits for what,\n"
	"                  and fail (default 10)\n"
	"  --json          the result as a JSON object\n"
	"\n"
	"  --service KIND  between hosts: start redis, etcd or zookeeper on loopback, and end it\n"
	"  --remote URL    between hosts: by a lock service that runs already\n"
	"  --hosts N       on so many (default 2, at most 16): directories that workers are dealt to\n"
	"  --freezes N     stop all processes of a host, N times, until its lease is another's (default 1)\n"
	"  --ttl S         of the leases (default 2)\n"
	"\n"
	"  --no-lock       without the locks, to see that the checks can fail\n"
	"  --break WHAT    with a planted fault: lock (as --no-lock), repair (what dead\n"
	"                  owners tore stays torn), token (some tokens are stale),\n"
	"                  release (some locks are never given back), store (between hosts: it\n"
	"                  does not look at tokens)\n"
	"  --generate N    print a file of N orders (with --seed: the same again), exit\n"
	"  --help          this text\n"
	"\n"
	"A filled order is listed again with the same quantity, so that the popular ones\n"
	"stay popular.\n"
	"Exit status: 0 everything held; 1 something did not, or fewer kills than asked\n"
	"for; 64 usage; 66 orders that cannot be read; 69 a service that is not there; 71\n"
	"the system refuses memory or processes.\n";

#define UNSET UINT_MAX

enum {
	OPT_ORDERS = 1,
	OPT_FIRST,
	OPT_WORKERS,
	OPT_THREADS,
	OPT_SECONDS,
	OPT_KILLS,
	OPT_SEED,
	OPT_SPACE,
	OPT_PATIENCE,
	OPT_JSON,
	OPT_SERVICE,
	OPT_REMOTE,
	OPT_HOSTS,
	OPT_FREEZES,
	OPT_TTL,
	OPT_NO_LOCK,
	OPT_BREAK,
	OPT_GENERATE,
	OPT_HELP
};

static const struct option options[] = {
	{ "orders", required_argument, NULL, OPT_ORDERS },
	{ "first", required_argument, NULL, OPT_FIRST },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "kills", required_argument, NULL, OPT_KILLS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "space", required_argument, NULL, OPT_SPACE },
	{ "patience", required_argument, NULL, OPT_PATIENCE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "service", required_argument, NULL, OPT_SERVICE },
	{ "remote", required_argument, NULL, OPT_REMOTE },
	{ "hosts", required_argument, NULL, OPT_HOSTS },
	{ "freezes", required_argument, NULL, OPT_FREEZES },
	{ "ttl", required_argument, NULL, OPT_TTL },
	{ "no-lock", no_argument, NULL, OPT_NO_LOCK },
	{ "break", required_argument, NULL, OPT_BREAK },
	{ "generate", required_argument, NULL, OPT_GENERATE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

_Noreturn static void refuse(const char *what, const char *text, const char *cure)
{
	fprintf(stderr, "exchange: %s %s: %s; see exchange --help\n", what, text, cure);
	exit(EXIT_USAGE);
}

static uint64_t whole(const char *option, const char *text, uint64_t least, uint64_t most)
{
	char *end, cure[96];
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && value >= least && value <= most)
		return value;
	snprintf(cure, sizeof(cure), "give a whole number from %llu to %llu", (unsigned long long)least,
		(unsigned long long)most);
	refuse(option, text, cure);
}

static int64_t seconds(const char *option, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (*text < '0' || *text > '9' || *end != '\0' || !(value >= 0.1 && value <= 86400))
		refuse(option, text, "give seconds from 0.1 to 86400");
	return (int64_t)(value * 1e9);
}

/* Which of `words`, which ends with NULL. */
static int word(const char *option, const char *text, const char *const *words)
{
	char cure[96] = "give one of";

	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0)
			return i;
		snprintf(cure + strlen(cure), sizeof(cure) - strlen(cure), "%s%s", i == 0 ? " " : ", ", words[i]);
	}
	refuse(option, text, cure);
}

static enum fault fault(const char *text)
{
	static const char *const names[] = { "lock", "repair", "token", "release", "store", NULL };

	return (enum fault)(FAULT_LOCK + word("--break", text, names));
}

static const char *service(const char *text)
{
	static const char *const kinds[] = { "redis", "etcd", "zookeeper", NULL };

	return kinds[word("--service", text, kinds)];
}

static void take(struct options *o, int which, const char *arg)
{
	switch (which) {
	case OPT_ORDERS:
		o->orders = arg;
		break;
	case OPT_FIRST:
		o->first = (unsigned)whole("--first", arg, 1, MAX_ORDERS);
		break;
	case OPT_WORKERS:
		o->workers = (unsigned)whole("--workers", arg, 1, MAX_PLACES);
		break;
	case OPT_THREADS:
		o->threads = (unsigned)whole("--threads", arg, 1, MAX_BUYERS);
		break;
	case OPT_SECONDS:
		o->run_ns = seconds("--seconds", arg);
		break;
	case OPT_KILLS:
		o->kills = (unsigned)whole("--kills", arg, 0, MAX_SERIALS / 2);
		break;
	case OPT_SEED:
		o->seed = whole("--seed", arg, 0, UINT64_MAX);
		break;
	case OPT_SPACE:
		o->space = arg;
		break;
	case OPT_PATIENCE:
		o->patience_ns = seconds("--patience", arg);
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_SERVICE:
		o->service = service(arg);
		break;
	case OPT_REMOTE:
		o->remote = arg;
		break;
	case OPT_HOSTS:
		o->hosts = (unsigned)whole("--hosts", arg, 1, MAX_HOSTS);
		break;
	case OPT_FREEZES:
		o->freezes = (unsigned)whole("--freezes", arg, 0, 1000);
		break;
	case OPT_TTL:
		o->ttl_ns = seconds("--ttl", arg);
		break;
	case OPT_NO_LOCK:
		o->fault = FAULT_LOCK;
		break;
	case OPT_BREAK:
		o->fault = fault(arg);
		break;
	case OPT_GENERATE:
		o->generate = (unsigned long)whole("--generate", arg, 1, MAX_ORDERS);
		break;
	case OPT_HELP:
		fputs(help, stdout);
		exit(EXIT_HELD);
	default:
		fputs("exchange: see exchange --help\n", stderr);
		exit(EXIT_USAGE);
	}
}

/* One host has no service, and is not frozen: nobody else would notice. */
static void settle(struct options *o)
{
	bool between = o->remote != NULL || o->service != NULL;

	if (!between && (o->hosts != 0 || o->freezes != UNSET || o->ttl_ns != 0))
		refuse("--hosts, --freezes, --ttl", "are for locks between hosts", "give --service or --remote too");
	if (!between && o->fault == FAULT_STORE)
		refuse("--break", "store", "give --service or --remote too");
	if (o->remote != NULL && o->service != NULL)
		refuse("--service and --remote", "together", "give one of them");
	if (between && o->space != NULL)
		refuse("--space", o->space, "hosts have a directory each; leave it out");
	o->hosts = !between ? 1 : o->hosts != 0 ? o->hosts : 2;
	o->freezes = !between ? 0 : o->freezes != UNSET ? o->freezes : o->hosts > 1;
	o->run_ns = o->run_ns != 0 ? o->run_ns : between ? INT64_C(10000000000) : INT64_C(5000000000);
	o->kills = o->kills != UNSET ? o->kills : between ? 40 : 100;
	o->first = o->first != 0 ? o->first : between ? 100 : MAX_ORDERS;
	o->ttl_ns = o->ttl_ns != 0 ? o->ttl_ns : INT64_C(2000000000);
	if (o->freezes != 0 && o->hosts < 2)
		refuse("--freezes", "on one host", "nobody would notice: give --hosts 2");
	if (o->workers < o->hosts)
		refuse("--workers", "are fewer than the hosts", "ask for more, or fewer --hosts");
}

static void check(const struct options *o, int argc, char **argv, int first)
{
	if (first < argc)
		refuse("argument", argv[first], "everything is an option");
	if (o->workers * o->threads > MAX_BUYERS)
		refuse("--workers times --threads", "is over 1024", "ask for fewer");
	if (o->space != NULL && strlen(o->space) > 60)
		refuse("--space", o->space, "at most 60 letters");
}

void options_parse(struct options *o, int argc, char **argv)
{
	int which;

	*o = (struct options){ .orders = SHIPPED, .workers = 6, .threads = 4, .kills = UNSET, .freezes = UNSET };
	o->patience_ns = INT64_C(10000000000);
	o->seed = ((uint64_t)time(NULL) * 1000 + (uint64_t)getpid()) % 1000000007;
	while ((which = getopt_long(argc, argv, "", options, NULL)) != -1)
		take(o, which, optarg);
	check(o, argc, argv, optind);
	settle(o);
}
