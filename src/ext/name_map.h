/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name_map: names of numbers in the system's files, as iproute2 and conntrack keep them. */
#ifndef IPTC2NFT_NAME_MAP_H
#define IPTC2NFT_NAME_MAP_H

#include "ext.h"

/* The number of a name in @path: lines of a number (0 … 255) and a name; false: none. */
bool name_map_find(const char *path, const char *s, size_t len, uint32_t *out);

/* value[/mask], or a name of the file: mark. xtables_parse_val_mask() of libxtables. */
bool name_map_mask(struct ext_parse *p, const char *path, struct arg *out);

#endif
