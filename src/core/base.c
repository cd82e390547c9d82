/* SPDX-License-Identifier: BSD-2-Clause */
/** base.c: version, error texts, fencing tokens as text. */
#include <errno.h>
#include <string.h>

#include <pawl/base.h>

#define TEXT(x)         #x
#define DOTTED(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *pawl_version(void)
{
	return DOTTED(PAWL_VERSION_MAJOR, PAWL_VERSION_MINOR, PAWL_VERSION_PATCH);
}

static const struct {
	int rc;
	const char *text;
} texts[] = {
	{ 0, "success" },
	{ EBUSY, "somebody holds it or is using it" },
	{ ETIMEDOUT, "the deadline passed" },
	{ EOWNERDEAD,
		"acquired, but the previous owner died while it held the lock: repair the data, then say consistent" },
	{ ENOTRECOVERABLE, "poisoned: an owner died and the next one gave up without saying consistent; reset it" },
	{ EDEADLK, "this thread holds it already" },
	{ EPERM, "this thread does not hold it" },
	{ EAGAIN, "acquired recursively more often than the lock can count" },
	{ EPROTO, "not a segment that this library may use" },
	{ EIDRM, "the segment's file was removed while it was in use: close the space and open it again" },
	{ ENOSPC, "the segment is full, or its file system" },
	{ ENAMETOOLONG, "the name is too long" },
	{ ESTALE, "given up, but its lease had been lost before: another host may have had the lock meanwhile" },
	{ EHOSTUNREACH, "the lock service could not be reached" },
	{ ECANCELED, "the waiting was interrupted" },
	{ EPIPE, "the channel is closed" },
	{ ENOTSUP, "not for this kind of lock, or of space" },
	{ EINVAL, "invalid argument" },
};

const char *pawl_strerror(int rc)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].rc == rc)
			return texts[i].text;
	return strerror(rc);
}

char *pawl_fence_format(pawl_fence_t fence, char text[PAWL_FENCE_LEN])
{
	for (int i = 0; i < 32; i++) {
		uint64_t half = i < 16 ? fence.hi : fence.lo;

		text[i] = "0123456789abcdef"[half >> (60 - 4 * (i % 16)) & 15];
	}
	text[32] = '\0';
	return text;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int pawl_fence_parse(const char *text, pawl_fence_t *fence)
{
	uint64_t half[2] = { 0, 0 };

	if (!text || !fence)
		return EINVAL;
	for (int i = 0; i < 32; i++) {
		int d = digit(text[i]); /* the NUL of a short text is no digit either */

		if (d < 0)
			return EINVAL;
		half[i / 16] = half[i / 16] << 4 | (uint64_t)d;
	}
	if (text[32] != '\0')
		return EINVAL;
	fence->hi = half[0];
	fence->lo = half[1];
	return 0;
}
