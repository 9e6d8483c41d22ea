/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static bool parse_version(const char *s, unsigned *out, const char **end)
{
	unsigned v[3] = { 0 };
	int n = 0, used = 0;

	while (n < 3 && sscanf(s, "%3u%n", &v[n], &used) == 1 && s[0] >= '0' && s[0] <= '9') {
		s += used;
		n++;
		if (*s != '.')
			break;
		s++;
	}
	if (n < 2 || v[0] > 255 || v[1] > 255)
		return false;
	*out = VERSION_OF(v[0], v[1], v[2] > 255 ? 255 : v[2]);
	*end = s;
	return true;
}

bool target_parse(const char *text, struct target_version *out)
{
	struct utsname u;
	const char *end;

	out->nft = VERSION_OF(1, 0, 6);
	if (uname(&u) || !parse_version(u.release, &out->kernel, &end))
		out->kernel = VERSION_OF(5, 10, 0);
	while (text && *text) {
		unsigned *to;

		if (!strncmp(text, "nft-", 4)) {
			to = &out->nft;
			text += 4;
		} else if (!strncmp(text, "kernel-", 7)) {
			to = &out->kernel;
			text += 7;
		} else {
			return false;
		}
		if (!parse_version(text, to, &text) || (*text && *text != ','))
			return false;
		if (*text == ',' && !*++text)
			return false;
	}
	return true;
}
