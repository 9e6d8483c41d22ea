/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words: nft's words for values, flags and header fields; the same in its text and its JSON. */
#ifndef IPTC2NFT_WORDS_H
#define IPTC2NFT_WORDS_H

#include "field.h"

struct flag_word {
	uint32_t bit;
	const char *word;
};

/* The flags of a bitmask type, ended by a NULL word; NULL: not a bitmask, or without words. */
const struct flag_word *words_flags(enum value_type type);

/* Whether nft takes `field value` for "has any of these bits". */
bool words_is_bitmask(enum value_type type);

/* All bits of @v have words. */
bool words_cover(const struct flag_word *words, uint64_t v);

/* The word for a value, or NULL: write the number. */
const char *words_value(enum value_type type, uint64_t n);

/* The type of a field's values in set declarations; NULL: it has no name of its own. */
const char *words_type(const struct operand *o);

/* Extension headers, TCP and IP options, SCTP chunks: the header's word and the field's; NULL where
 * nft has none. The field of an operand that asks for presence is "". */
const char *words_header(const struct operand *o);
const char *words_header_field(const struct operand *o);

const char *words_reject(bool v6, unsigned code);
const char *words_log_level(unsigned level);
const char *words_limit_unit(uint32_t seconds);
const char *words_fib_flag(unsigned bit); /* 0 … 4 */

/* NAT flags, ended by a NULL word. */
extern const struct flag_word words_nat_flags[];

#endif
