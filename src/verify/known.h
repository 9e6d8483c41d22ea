/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known: packets for which a translated rule is known to differ.
 *
 * README and iptc2nft-extensions(7) name them; a verification would find them each time and hide
 * what is not known. So the plan's packets are kept away from them, and the report says how many.
 */
#ifndef IPTC2NFT_VERIFY_KNOWN_H
#define IPTC2NFT_VERIFY_KNOWN_H

#include "ruleset.h"
#include "verify/plan.h"

struct known {
	uint32_t mss; /* SYNs that were given an MSS option: TCPMSS adds none to those without */
	uint32_t ah;  /* IPv6 packets with an authentication header that were left out: no -p sees past it */
	uint32_t cut; /* IPv6 packets left out whose extension headers can't be followed, or that
		       * have two for fragments */
	uint32_t recent; /* packets from addresses that a list of recent may have forgotten */
};

void verify_known(struct known *k, struct arena *a, struct verify_plan *p, const struct ruleset *rs);

/* known_recent.c; how many packets were left out */
uint32_t known_recent(struct arena *a, struct verify_plan *p, const struct ruleset *rs);

#endif
