/* SPDX-License-Identifier: BSD-2-Clause */
/* orders.c: reads the orders file, and says which orders the buyers run after.
 *
 * The file is CSV as written by --generate: a header line, then
 * order,symbol,side,seller,quantity,price. It is refused as a whole at its first bad line: selling
 * from half a file would look like success.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"

#define HEADER "order,symbol,side,seller,quantity,price"
#define FIELDS 6

struct reader {
	const char *path;
	FILE *file;
	char *text;
	size_t room;
	unsigned line;
};

/* file:line, cause, cure. The cause may quote the file: what cannot be printed becomes '?'. */
__attribute__((format(printf, 2, 3))) static bool refuse(const struct reader *r, const char *format, ...)
{
	char cause[256];
	va_list args;

	va_start(args, format);
	vsnprintf(cause, sizeof(cause), format, args);
	va_end(args);
	for (char *c = cause; *c != '\0'; c++) {
		if (!isprint((unsigned char)*c))
			*c = '?';
	}
	fprintf(stderr,
		"exchange: %s:%u: %s; mend the line, or make a new file with exchange --generate "
		"3000\n",
		r->path, r->line, cause);
	return false;
}

/* The next line without its end; 1, 0 at the end of the file, -1 refused. */
static int next_line(struct reader *r)
{
	ssize_t length;

	r->line++;
	errno = 0;
	length = getline(&r->text, &r->room, r->file);
	if (length < 0) {
		if (ferror(r->file) != 0)
			return refuse(r, "cannot be read: %s", strerror(errno)) ? 1 : -1;
		return 0;
	}
	if (memchr(r->text, '\0', (size_t)length) != NULL)
		return refuse(r, "holds a zero byte: this is not text") ? 1 : -1;
	if (r->text[length - 1] != '\n')
		return refuse(r, "the line is cut off: no newline at its end") ? 1 : -1;
	r->text[--length] = '\0';
	if (length > 0 && r->text[length - 1] == '\r')
		r->text[--length] = '\0';
	for (ssize_t i = 0; i < length; i++) {
		if (!isprint((unsigned char)r->text[i]))
			return refuse(r, "byte %zd is 0x%02x: not a printable character", i + 1, (unsigned char)r->text[i])
				       ? 1
				       : -1;
	}
	return 1;
}

static unsigned split(char *text, char *field[FIELDS])
{
	unsigned count = 0;

	for (char *at = text; at != NULL; count++) {
		char *comma = strchr(at, ',');

		if (count < FIELDS)
			field[count] = at;
		if (comma != NULL)
			*comma++ = '\0';
		at = comma;
	}
	return count;
}

static bool word(const struct reader *r, const char *what, const char *text, char *to, size_t room)
{
	if (*text == '\0')
		return refuse(r, "%s is empty", what);
	if (strlen(text) >= room)
		return refuse(r, "%s \"%.40s\" is longer than %zu characters", what, text, room - 1);
	if (text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] != '\0')
		return refuse(r, "%s \"%s\" holds something else than letters, digits and ._-", what, text);
	memcpy(to, text, strlen(text) + 1);
	return true;
}

/* Digits only; false for none, for anything else, and above `most`. */
static bool digits(const char *text, size_t length, uint64_t most, uint64_t *value)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || (sum = sum * 10 + (uint64_t)(text[i] - '0')) > most)
			return false;
	}
	*value = sum;
	return length > 0;
}

static bool quantity(const struct reader *r, const char *text, uint64_t *value)
{
	if (digits(text, strlen(text), MAX_QUANTITY, value) && *value > 0)
		return true;
	return refuse(r, "quantity \"%.40s\" is not a whole number from 1 to %d", text, MAX_QUANTITY);
}

/* "12.34": always two decimals, so that a price cut short is seen. */
static bool price(const struct reader *r, const char *text, uint64_t *cents)
{
	const char *dot = strchr(text, '.');
	uint64_t whole, part;

	if (dot != NULL && strlen(dot) == 3 && digits(text, (size_t)(dot - text), MAX_CENTS / 100 - 1, &whole) &&
		digits(dot + 1, 2, 99, &part) && whole * 100 + part > 0) {
		*cents = whole * 100 + part;
		return true;
	}
	return refuse(r, "price \"%.40s\" is not an amount from 0.01 to %d.99 with two decimals", text, MAX_CENTS / 100 - 1);
}

static bool parse(const struct reader *r, struct order *o)
{
	char *field[FIELDS];
	unsigned count = split(r->text, field);

	if (count != FIELDS)
		return refuse(r, "%u fields where %d belong (" HEADER ")", count, FIELDS);
	if (strcmp(field[2], "sell") != 0)
		return refuse(r, "side \"%.20s\": only orders to sell can be contended", field[2]);
	o->line = r->line;
	return word(r, "order", field[0], o->id, sizeof(o->id)) &&
	       word(r, "symbol", field[1], o->symbol, sizeof(o->symbol)) &&
	       word(r, "seller", field[3], o->seller, sizeof(o->seller)) && quantity(r, field[4], &o->quantity) &&
	       price(r, field[5], &o->cents);
}

static int by_id(const void *a, const void *b)
{
	const struct order *const *x = a, *const *y = b;
	int order = strcmp((*x)->id, (*y)->id);

	return order != 0 ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static bool all_different(struct reader *r, const struct orders *orders)
{
	const struct order **sorted = calloc(orders->count, sizeof(*sorted));
	bool fine = sorted != NULL;

	for (unsigned i = 0; fine && i < orders->count; i++)
		sorted[i] = &orders->at[i];
	if (fine)
		qsort(sorted, orders->count, sizeof(*sorted), by_id);
	for (unsigned i = 1; fine && i < orders->count; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0) {
			r->line = sorted[i]->line;
			fine = refuse(r, "order \"%s\" is on line %u already", sorted[i]->id, sorted[i - 1]->line);
		}
	}
	free(sorted);
	return fine;
}

static bool read_all(struct reader *r, struct orders *orders)
{
	int got = next_line(r);

	if (got < 0)
		return false;
	if (got == 0)
		return refuse(r, "the file is empty");
	if (strcmp(r->text, HEADER) != 0)
		return refuse(r, "the first line is not \"" HEADER "\"");
	while ((got = next_line(r)) > 0) {
		if (orders->count == MAX_ORDERS)
			return refuse(r, "more than %d orders", MAX_ORDERS);
		if (!parse(r, &orders->at[orders->count]))
			return false;
		orders->count++;
	}
	if (got == 0 && orders->count == 0)
		return refuse(r, "no order below the header");
	return got == 0 && all_different(r, orders);
}

bool orders_load(struct orders *orders, const char *path)
{
	struct reader r = { .path = path, .file = fopen(path, "r") };
	bool fine;

	*orders = (struct orders){ .at = calloc(MAX_ORDERS, sizeof(*orders->at)) };
	if (r.file == NULL) {
		fprintf(stderr, "exchange: %s: %s; give --orders a file that exists and may be read\n", path,
			strerror(errno));
		return false;
	}
	if (orders->at == NULL)
		fprintf(stderr, "exchange: %s: no memory for the orders\n", path);
	fine = orders->at != NULL && read_all(&r, orders);
	free(r.text);
	fclose(r.file);
	return fine;
}

void orders_free(struct orders *orders)
{
	free(orders->at);
	free(orders->reach);
	*orders = (struct orders){ 0 };
}

/* Demand as in real life: the order of rank k is wanted 1/k as often as the first, and the first
 * few more than that, so that a third of all buyers want the same one. The seed says which is
 * which. */
void orders_demand(struct orders *orders, uint64_t seed)
{
	uint64_t rng = seed;
	double sum = 0;

	orders->reach = calloc(orders->count, sizeof(*orders->reach));
	if (orders->reach == NULL)
		abort();
	for (unsigned i = 0; i < orders->count; i++)
		orders->reach[i] = (1 + 4.0 / (i + 1)) / (i + 1);
	for (unsigned i = orders->count; i-- > 1;) {
		unsigned j = (unsigned)random_below(&rng, i + 1);
		double swap = orders->reach[i];

		orders->reach[i] = orders->reach[j];
		orders->reach[j] = swap;
	}
	for (unsigned i = 0; i < orders->count; i++) {
		if (orders->reach[i] > orders->reach[orders->hottest])
			orders->hottest = i;
	}
	for (unsigned i = 0; i < orders->count; i++)
		orders->reach[i] = sum += orders->reach[i];
}

unsigned orders_pick(const struct orders *orders, uint64_t *rng)
{
	double at = (double)(random_number(rng) >> 11) * 0x1p-53 * orders->reach[orders->count - 1];
	unsigned low = 0, high = orders->count - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (orders->reach[middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
