/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hooks.h"

const char *const table_names[TABLE_COUNT] = { "raw", "mangle", "nat", "filter", "security" };
const char *const hook_names[HOOK_COUNT] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					     "POSTROUTING" };
const char *const hook_nft_names[HOOK_COUNT] = { "prerouting", "input", "forward", "output",
						 "postrouting" };
const char *const chain_type_names[3] = { "filter", "nat", "route" };

const struct hook_info hook_rows[] = {
#define HOOK(t, c, h, ty, prio) { TABLE_##t, HOOK_##h, CHAIN_##ty, prio },
#include "hooks.def"
};
const size_t hook_row_count = sizeof(hook_rows) / sizeof(hook_rows[0]);

static const struct hook_info late_rows[] = {
#define HOOK(t, c, h, ty, prio)
#define LATE(t, c, h, ty, prio) { TABLE_##t, HOOK_##h, CHAIN_##ty, prio },
#include "hooks.def"
};

const struct hook_info *hook_find_late(enum hook_id hook)
{
	return hook == HOOK_PREROUTING ? &late_rows[0] : hook == HOOK_OUTPUT ? &late_rows[1] : NULL;
}

const struct hook_info *hook_find(enum table_id table, enum hook_id hook)
{
	for (size_t i = 0; i < hook_row_count; i++)
		if (hook_rows[i].table == table && hook_rows[i].hook == hook)
			return &hook_rows[i];
	return NULL;
}
