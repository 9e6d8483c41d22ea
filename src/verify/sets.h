/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sets: the sets of a translation without an ipset save, as `ipset restore` takes them: empty ones. */
#ifndef IPTC2NFT_VERIFY_SETS_H
#define IPTC2NFT_VERIFY_SETS_H

#include "buffer.h"
#include "ipset.h"

void verify_sets(const struct ipsets *all, struct buffer *b);

#endif
