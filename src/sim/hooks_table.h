/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks_table: the kernel's map: hooks, what runs there in which order, and the functions around. */
#ifndef IPTC2NFT_SIM_HOOKS_TABLE_H
#define IPTC2NFT_SIM_HOOKS_TABLE_H

#include "buffer.h"

void hooks_table_text(struct buffer *b);
void hooks_table_json(struct buffer *b);

#endif
