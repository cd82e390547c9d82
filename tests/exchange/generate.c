/* SPDX-License-Identifier: BSD-2-Clause */
/* generate.c: writes a file of orders that could be a morning's: tests/exchange/orders.csv is
 * `exchange --generate 3000 --seed 42`. Symbols and sellers are invented.
 */
#include "exchange.h"

static const struct {
	const char *symbol;
	unsigned cents; /* around which its orders lie */
} listed[] = {
	{ "ALDR", 4215 },
	{ "BRCH", 1180 },
	{ "CDRX", 9860 },
	{ "CYPR", 735 },
	{ "ELMW", 15240 },
	{ "FIRN", 2890 },
	{ "GNKO", 6120 },
	{ "HAZL", 345 },
	{ "HOLM", 21975 },
	{ "IVYS", 1515 },
	{ "JNPR", 5305 },
	{ "LARK", 890 },
	{ "LNDN", 12650 },
	{ "MPLE", 3475 },
	{ "MYRT", 7785 },
	{ "OAKN", 18430 },
	{ "OLVE", 2240 },
	{ "PINE", 660 },
	{ "POPL", 1995 },
	{ "ROWN", 41250 },
	{ "SPRC", 5890 },
	{ "TEAK", 26580 },
	{ "WLNT", 3120 },
	{ "YEWT", 990 },
};

static const char *const sellers[] = { "anchor", "beacon", "bridge", "canal", "harbor", "island", "jetty", "ledger",
	"lighthouse", "meridian", "mooring", "pilot", "quay", "rudder", "tiller", "windlass" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Small odd lots and round hundreds, as desks send them. */
static uint64_t some_quantity(uint64_t *rng)
{
	if (random_below(rng, 3) == 0)
		return 1 + random_below(rng, 60);
	return 100 * (1 + random_below(rng, 1 + random_below(rng, 20)));
}

/* Within four per cent of the symbol's price, near ones more likely. */
static uint64_t some_price(uint64_t *rng, uint64_t around)
{
	uint64_t width = around * 4 / 100 + 1;

	return around - width + random_below(rng, width + 1) + random_below(rng, width + 1);
}

int generate_orders(FILE *out, unsigned long count, uint64_t seed)
{
	uint64_t rng = seed, id = 100000;

	fputs("order,symbol,side,seller,quantity,price\n", out);
	for (unsigned long i = 0; i < count; i++) {
		unsigned s = (unsigned)random_below(&rng, COUNT(listed));
		const char *seller = sellers[random_below(&rng, COUNT(sellers))];
		unsigned desk = 1 + (unsigned)random_below(&rng, 9);
		uint64_t quantity = some_quantity(&rng), cents = some_price(&rng, listed[s].cents);

		id += 1 + random_below(&rng, 7);
		fprintf(out, "%llu,%s,sell,%s-%u,%llu,%llu.%02llu\n", (unsigned long long)id, listed[s].symbol, seller,
			desk, (unsigned long long)quantity, (unsigned long long)(cents / 100),
			(unsigned long long)(cents % 100));
	}
	if (fflush(out) == 0)
		return EXIT_HELD;
	perror("exchange: --generate");
	return EXIT_SYSTEM;
}
