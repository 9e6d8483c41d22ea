/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rate.h"

#include <string.h>
#include "ir.h"
#include "value.h"

#define RATE_SCALE 10000 /* XT_LIMIT_SCALE */

uint32_t rate_unit(const char *s, size_t len)
{
	static const struct {
		const char *name;
		uint32_t seconds;
	} units[] = { { "second", PER_SECOND }, { "minute", PER_MINUTE }, { "hour", PER_HOUR },
		      { "day", PER_DAY } };

	for (size_t i = 0; i < 4; i++)
		if (len <= strlen(units[i].name) && !strncasecmp(units[i].name, s, len))
			return units[i].seconds;
	return 0;
}

bool rate_parse(const struct ext_parse *p, const char *s, size_t len, uint64_t *rate, uint64_t *unit)
{
	const char *slash = memchr(s, '/', len);
	size_t n = slash ? (size_t)(slash - s) : len, used;

	*unit = PER_SECOND;
	if (slash && (n + 1 == len || !(*unit = rate_unit(slash + 1, len - n - 1))))
		return ext_value_error(p, "'%.*s' is not second, minute, hour or day", (int)(len - n - 1),
				       slash + 1);
	/* atoi(): leading decimal digits, whatever follows */
	if (!value_decimal(s, n, rate, &used) || !(*rate = (uint32_t)*rate))
		return ext_value_error(p, "'%.*s' is not a rate", (int)len, s);
	if (*rate / *unit > RATE_SCALE || RATE_SCALE * *unit / *rate == 0)
		return ext_value_error(p, "rate '%.*s' is faster than %d per second", (int)len, s, RATE_SCALE);
	return true;
}
