/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names: names that nft's scanner reads back as one word.
 *
 * nft has no quoting of chain, set and object names and reserves some 350 words. A name is kept
 * where it is a word; otherwise it is renamed reversibly:
 *  - a byte that is not a letter, a digit or one of / - _ . becomes /hh (two lower-case hex
 *    digits), and so does a / that two such digits or a . follow;
 *  - a name that is reserved, does not start with a letter, _ or ., or starts with _- gets _- in
 *    front.
 * A name that becomes longer than the kernel takes is cut and ends in /.N instead, where N makes
 * it different from all others.
 */
#ifndef IPTC2NFT_NAMES_H
#define IPTC2NFT_NAMES_H

#include "ir.h"

#define NAME_MAX_BYTES 255 /* NFT_NAME_MAXLEN - 1 */

/* Is this a word of nft's language that can't be a name? */
bool name_reserved(const char *s, size_t len);

/* Does nft read the name back as it is? */
bool name_fits(const char *name);

/* The loadable form of one name; @name itself where it is loadable. */
const char *name_loadable(struct arena *a, const char *name);

/* Give every chain, set and object of the IR its nft_name. Does nothing the second time. */
void names_assign(struct ir *ir);

#endif
