/* SPDX-License-Identifier: BSD-2-Clause */
/** text.c: bytes that others chose, made fit for a terminal; ages; strings that grow.
 *
 * The name of a lock is anything but NUL, so it may hold newlines, escape sequences and half characters. They must not
 * move the reader's cursor, forge a line of a table or hide.
 */
#include "cli/screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

void *cli_must(void *pointer)
{
	if (!pointer) {
		cli_screen_end();
		cli_say("out of memory, nothing was printed; try again when there is more");
		_Exit(CLI_SYSTEM);
	}
	return pointer;
}

char *cli_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return cli_must(text);
}

/* Characters that a locale calls printable and that deceive all the same: C1 controls, no width, changes of direction. */
static bool deceives(wchar_t c)
{
	static const struct {
		wchar_t first, last;
	} ranges[] = {
		{ 0x80, 0xa0 },
		{ 0xad, 0xad },
		{ 0x61c, 0x61c },
		{ 0x180e, 0x180e },
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202f },
		{ 0x205f, 0x206f },
		{ 0x3000, 0x3000 },
		{ 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff },
		{ 0xfff0, 0xffff },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Length of the character at `text` if it may be printed as it is, else 0. */
static size_t printable(const char *text, mbstate_t *state)
{
	wchar_t wide;
	size_t length = mbrtowc(&wide, text, MB_CUR_MAX, state);

	if (length == (size_t)-1 || length == (size_t)-2) {
		memset(state, 0, sizeof(*state));
		return 0;
	}
	return length && iswprint((wint_t)wide) && !deceives(wide) && wcwidth(wide) > 0 ? length : 0;
}

static char *escape_byte(char *to, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	switch (byte) {
	case '\n':
		*to++ = 'n';
		return to;
	case '\t':
		*to++ = 't';
		return to;
	case '\\':
		*to++ = '\\';
		return to;
	default:
		*to++ = 'x';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
		return to;
	}
}

static char *escape(const char *text, size_t (*as_it_is)(const char *, mbstate_t *))
{
	char *safe = cli_must(malloc(4 * strlen(text) + 1)), *to = safe;
	mbstate_t state = { 0 };

	while (*text) {
		size_t length = *text == '\\' ? 0 : as_it_is(text, &state);

		if (!length) {
			to = escape_byte(to, (unsigned char)*text++);
			continue;
		}
		to = (char *)memcpy(to, text, length) + length;
		text += length;
	}
	*to = '\0';
	return safe;
}

char *cli_escape(const char *text)
{
	return escape(text, printable);
}

static size_t plain(const char *text, mbstate_t *state)
{
	(void)state;
	return *text >= ' ' && *text <= '~';
}

char *cli_escape_all(const char *text)
{
	return escape(text, plain);
}

int cli_width(const char *escaped)
{
	mbstate_t state = { 0 };
	int width = 0;
	wchar_t wide;
	size_t length;

	for (; (length = mbrtowc(&wide, escaped, MB_CUR_MAX, &state)) && length < (size_t)-2; escaped += length)
		width += wcwidth(wide) > 0 ? wcwidth(wide) : 0;
	return width;
}

/* Bytes at the beginning that take `columns` at most. */
static size_t fitting(const char *escaped, int columns)
{
	mbstate_t state = { 0 };
	size_t length, fits = 0;
	wchar_t wide;

	while ((length = mbrtowc(&wide, escaped + fits, MB_CUR_MAX, &state)) && length < (size_t)-2) {
		columns -= wcwidth(wide) > 0 ? wcwidth(wide) : 0;
		if (columns < 0)
			break;
		fits += length;
	}
	return fits;
}

char *cli_cut(const char *escaped, int columns)
{
	if (cli_width(escaped) <= columns)
		return cli_format("%s", escaped);
	return cli_format("%.*s+", (int)fitting(escaped, columns - 1), escaped);
}

void cli_print_wrapped(int indent, const char *escaped)
{
	int room = cli_columns() - indent - 1;

	while (room > 20 && cli_width(escaped) > room) {
		size_t length = fitting(escaped, room), cut = length;

		while (cut > 0 && escaped[cut] != ' ')
			cut--;
		if (cut == 0)
			break;
		printf("%.*s\n%*s", (int)cut, escaped, indent, "");
		escaped += cut + 1;
	}
	printf("%s\n", escaped);
}

/* Bytes in the UTF-8 character that begins at `text`; 0 if none does: stray, overlong, a surrogate, beyond the last. */
static unsigned utf8_length(const unsigned char *text)
{
	unsigned char first = text[0];
	unsigned length = first < 0x80   ? 1
			  : first < 0xc2 ? 0
			  : first < 0xe0 ? 2
			  : first < 0xf0 ? 3
			  : first < 0xf5 ? 4
					 : 0;

	for (unsigned i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f))
		return 0;
	if ((first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

bool cli_is_utf8(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned length;

	for (; *at; at += length)
		if (!(length = utf8_length(at)))
			return false;
	return true;
}

char *cli_age(int64_t ns, char text[16])
{
	long long s = ns < 0 ? 0 : ns / 1000000000;

	if (s < 1)
		snprintf(text, 16, "%lldms", ns < 0 ? 0 : (long long)ns / 1000000);
	else if (s < 60)
		snprintf(text, 16, "%llds", s);
	else if (s < 3600)
		snprintf(text, 16, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, 16, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(text, 16, "%lldd%02lldh", s / 86400 % 1000000, s / 3600 % 24);
	return text;
}
