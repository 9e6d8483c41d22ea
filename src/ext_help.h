/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext_help: what the descriptors say, for people. */
#ifndef IPTC2NFT_EXT_HELP_H
#define IPTC2NFT_EXT_HELP_H

#include <stdbool.h>
#include "buffer.h"

/* ext_help - options of the matches and targets called @name; false when there is none. */
bool ext_help(const char *name, struct buffer *out);

/* ext_help_list - every extension with its one line of help. */
void ext_help_list(struct buffer *out);

/* ext_help_table - every extension and option with its support, as mdoc rows for the man page. */
void ext_help_table(struct buffer *out);

#endif
