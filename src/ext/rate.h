/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate: "n/unit" as libxt_limit and libxt_hashlimit read it. */
#ifndef IPTC2NFT_RATE_H
#define IPTC2NFT_RATE_H

#include "ext.h"

/* rate_parse - packets and seconds; reports and returns false where iptables refuses: a rate of 0, or
 * above 10000 per second (XT_LIMIT_SCALE). The unit may be any beginning of its name. */
bool rate_parse(const struct ext_parse *p, const char *s, size_t len, uint64_t *rate, uint64_t *unit);

/* Seconds of a unit's name or of any beginning of it; 0: unknown. An empty one is a second. */
uint32_t rate_unit(const char *s, size_t len);

#endif
