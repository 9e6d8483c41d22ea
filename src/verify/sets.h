/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sets: the sets of a translation without an ipset save, as `ipset restore` takes them, with a
 * few elements that are made up, so that packets meet them. */
#ifndef IPTC2NFT_VERIFY_SETS_H
#define IPTC2NFT_VERIFY_SETS_H

#include "buffer.h"
#include "ipset.h"

/* verify_sets - all sets whose type is known or inferred, in the form of `ipset save` */
void verify_sets(const struct ipsets *all, struct buffer *b);

#endif
