/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext_help: what the descriptors say, for people. */
#ifndef IPTC2NFT_EXT_HELP_H
#define IPTC2NFT_EXT_HELP_H

#include <stdbool.h>
#include "buffer.h"
#include "ext.h"

/* ext_help - options of the matches and targets called @name; false when there is none. */
bool ext_help(const char *name, struct buffer *out);

/* ext_help_list - every extension with its one line of help. */
void ext_help_list(struct buffer *out);

/* ext_help_man - every extension and option with its support, as the mdoc of a man page's section. */
void ext_help_man(struct buffer *out);

/* What an option comes to: COMPAT only where the extension has that form. */
enum support ext_support(const struct ext *e, const struct ext_option *o);
const char *ext_support_name(enum support s);
const char *ext_families(const struct ext *e);

#endif
