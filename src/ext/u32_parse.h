/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPTC2NFT_U32_PARSE_H
#define IPTC2NFT_U32_PARSE_H

#include "ext.h"

/* start[op number …]=value[:value][,…][&&…]: out->custom is a struct xt_u32. */
bool u32_parse(struct ext_parse *p, struct arg *out);

#endif
