/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LED: net/netfilter/xt_LED.c: a packet triggers a light. */
#include "lower.h"

#include <string.h>
#include <strings.h>
#include <linux/netfilter/xt_LED.h>
#include "blob.h"
#include "value.h"

enum { ID, DELAY, BLINK };

#define REASON "nftables has no LED triggers"
#define PREFIX "netfilter-"
#define ID_MAX (sizeof(((struct xt_led_info *)NULL)->id) - sizeof(PREFIX))

static bool parse_delay(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;

	if (w->len >= 3 && !strncasecmp(w->s, "inf", 3))
		out->num.lo = UINT32_MAX;
	else if (!value_u64(w->s, w->len, 0, UINT32_MAX, &out->num.lo))
		return ext_value_error(p, "'%.*s' is neither a number of milliseconds nor 'inf'", (int)w->len, w->s);
	out->num.hi = out->num.lo;
	return true;
}

static const struct ext_option options[] = {
	{ .name = "led-trigger-id", .id = ID, .type = ARG_STRING, .flags = OPT_REQUIRED, .max = ID_MAX,
	  .metavar = "name", .help = "name of the trigger, behind " PREFIX, .support = COMPAT, .note = REASON },
	{ .name = "led-delay", .id = DELAY, .type = ARG_CUSTOM, .parse = parse_delay, .metavar = "ms|inf",
	  .help = "how long the light stays on", .support = COMPAT, .note = REASON },
	{ .name = "led-always-blink", .id = BLINK, .type = ARG_NONE, .help = "blink also when it is on",
	  .support = COMPAT, .note = REASON },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->at, NULL, "LED has no native form: " REASON);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_led_info *info = blob_new(l, blob, "LED", 0, sizeof(*info));
	const struct arg *id = use_arg(u, ID), *delay = use_arg(u, DELAY);

	memcpy(info->id, PREFIX, sizeof(PREFIX) - 1);
	memcpy(info->id + sizeof(PREFIX) - 1, id->str.s, id->str.len);
	info->delay = delay ? (uint32_t)delay->num.lo : 0;
	info->always_blink = use_arg(u, BLINK) ? 1 : 0;
	return true;
}

const struct ext target_led = {
	.name = "LED",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "trigger a light",
};
