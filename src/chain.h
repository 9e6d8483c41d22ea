/* SPDX-License-Identifier: GPL-2.0-or-later */
/* chain: a table's chains by name and in order, and the rules in a chain. */
#ifndef IPTC2NFT_CHAIN_H
#define IPTC2NFT_CHAIN_H

#include "ruleset.h"

/* @hook: enum hook_id, or -1 for a user chain. There is none of this name. */
struct chain *chain_new(struct ruleset *rs, struct table *t, const char *name, size_t len,
			struct span at, int hook);

/* Take it out of its table; nothing refers to it. */
void chain_unlink(struct chain *c);
void chain_rename(struct ruleset *rs, struct chain *c, const struct word *to);

/* May a chain be called so? Reports. @by_command: -N asks for more than a line `:name` does. */
bool chain_name_ok(struct ruleset *rs, const struct word *w, bool by_command);

/* Reports what is wrong. @by_command: of table nat, -P refuses DROP, a chain's line does not. */
bool chain_set_policy(struct ruleset *rs, struct chain *c, const struct word *policy, bool by_command);

/* Rules are counted from 0. */
void chain_insert(struct ruleset *rs, struct chain *c, uint32_t at, struct rule *r);
void chain_replace(struct chain *c, uint32_t at, struct rule *r);
void chain_remove(struct chain *c, uint32_t at);
void chain_flush(struct chain *c);

#endif
