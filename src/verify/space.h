/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * space: can a packet be like this? Facts about one packet, and whether they contradict each other.
 *
 * Facts about different fields are taken to have nothing to do with each other, and where a fact is
 * too hard it is left out. So "no" is certain and "yes" means "perhaps".
 */
#ifndef IPTC2NFT_VERIFY_SPACE_H
#define IPTC2NFT_VERIFY_SPACE_H

#include "ir.h"

/* That a test holds, or does not: a field that is not there makes a test fail. */
struct fact {
	const struct fact *before;
	const struct inst_test *test;
	bool holds;
};

/* A fact with this test, which always holds, says that no rule has packets untracked. */
extern const struct inst_test space_no_rule_untracks;

/* space_fits - is the latest fact possible beside those before it, which fit each other? */
bool space_fits(const struct fact *latest);

/* Do two operands read the same bits, whatever they make of them? */
bool space_same(const struct operand *a, const struct operand *b);

#endif
