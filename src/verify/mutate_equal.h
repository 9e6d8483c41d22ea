/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate_equal: mutants that change nothing, and why. */
#ifndef IPTC2NFT_VERIFY_MUTATE_EQUAL_H
#define IPTC2NFT_VERIFY_MUTATE_EQUAL_H

#include "verify/mutate.h"

/*
 * verify_mutant_equal - why no packet can show the damage; NULL: one may, as far as is known
 * The ruleset is the same afterwards. Conditions as prove.h's.
 */
const char *verify_mutant_equal(struct ir *ir, uint32_t number);

#endif
