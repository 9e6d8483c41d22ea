/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IDLETIMER: net/netfilter/xt_IDLETIMER.c: a timer in sysfs that each packet starts anew. */
#include "lower.h"

#include <string.h>
#include <linux/netfilter/xt_IDLETIMER.h>
#include "blob.h"

enum { TIMEOUT, LABEL, ALARM };

#define REASON      "nftables has no timers in sysfs"
#define TIMEOUT_MAX (INT32_MAX / 1000) /* idletimer_tg_helper() */

static const struct ext_option options[] = {
	{ .name = "timeout", .id = TIMEOUT, .type = ARG_U32, .flags = OPT_REQUIRED, .min = 1, .max = TIMEOUT_MAX,
	  .metavar = "seconds", .help = "idle time after which to notify", .support = COMPAT, .note = REASON },
	{ .name = "label", .id = LABEL, .type = ARG_STRING, .flags = OPT_REQUIRED | OPT_CUT, .min = 1,
	  .max = MAX_IDLETIMER_LABEL_SIZE - 1, .metavar = "name", .help = "name of the timer", .support = COMPAT,
	  .note = REASON },
	{ .name = "alarm", .id = ALARM, .type = ARG_NONE, .help = "also while the machine sleeps",
	  .support = COMPAT, .note = REASON },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL, "IDLETIMER has no native form: " REASON);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct idletimer_tg_info_v1 *info = blob_new(l, blob, "IDLETIMER", 1, sizeof(*info));
	const struct arg *label = use_arg(u, LABEL);

	info->timeout = (uint32_t)use_arg(u, TIMEOUT)->num.lo;
	memcpy(info->label, label->str.s, label->str.len);
	info->timer_type = use_arg(u, ALARM) ? XT_IDLETIMER_ALARM : 0;
	return true;
}

const struct ext target_idletimer = {
	.name = "IDLETIMER",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "notify when no packet has come for some time",
};
