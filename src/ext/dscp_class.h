/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPTC2NFT_DSCP_CLASS_H
#define IPTC2NFT_DSCP_CLASS_H

#include "ext.h"

/* dscp_class_parse - an ARG_CUSTOM parser: CS0…CS7, AF11…AF43, EF, BE, in any case; num.lo is the code point. */
bool dscp_class_parse(struct ext_parse *p, struct arg *out);

#endif
