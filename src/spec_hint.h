/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_hint: the second half of an error message: what may have been meant. */
#ifndef IPTC2NFT_SPEC_HINT_H
#define IPTC2NFT_SPEC_HINT_H

#include "ext.h"

/* " (did you mean PREFIXname?)", or "" when none of @names is near. */
const char *hint_near(struct arena *a, const char *word, size_t len, const char *prefix,
		      const char *const *names, size_t n);

/* ": -m tcp or udp must come before it", when there are extensions with a long option of this name; or
 * "". */
const char *hint_owners(struct arena *a, unsigned family, const char *option, size_t len);

/* ": why iptables does not have it", for names that are seen all the same; or "". */
const char *hint_foreign(const char *name, size_t len, enum ext_kind kind);

/* What to say of a line outside of tables that is one of a shell script, or of nft's language; or
 * NULL. */
const char *hint_language(const struct word *words, uint32_t n);

/* What the value of one of iptables' own options is: "a chain", "an address". */
const char *hint_value(char letter);

#endif
