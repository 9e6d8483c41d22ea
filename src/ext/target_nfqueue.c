/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFQUEUE: net/netfilter/xt_NFQUEUE.c; nft_queue.c spreads flows over queues with the same hash. */
#include "lower.h"
#include "value.h"

#include <string.h>

enum { NUM, BALANCE, BYPASS, FANOUT };

/* An end that is not given is the first or last queue there is; all 65536 together are none to the kernel. */
static bool parse_balance(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;
	const char *colon = memchr(w->s, ':', w->len);
	size_t n = colon ? (size_t)(colon - w->s) : 0, m = colon ? w->len - n - 1 : 0;

	out->num.lo = 0;
	out->num.hi = UINT16_MAX;
	if (!colon || (n && !value_u64(w->s, n, 0, UINT16_MAX, &out->num.lo)) ||
	    (m && !value_u64(colon + 1, m, 0, UINT16_MAX, &out->num.hi)) || out->num.lo >= out->num.hi)
		return ext_value_error(p, "'%.*s' is not FIRST:LAST with FIRST below LAST", (int)w->len, w->s);
	return out->num.hi - out->num.lo < UINT16_MAX ||
	       ext_value_error(p, "the kernel refuses more than %d queues", UINT16_MAX);
}

static const struct ext_option options[] = {
	{ .name = "queue-num", .id = NUM, .type = ARG_U16, .excl = 1u << BALANCE, .implied = "0", .metavar = "n",
	  .help = "queue (default 0)" },
	{ .name = "queue-balance", .id = BALANCE, .type = ARG_CUSTOM, .excl = 1u << NUM, .parse = parse_balance,
	  .metavar = "first:last", .help = "spread flows over these queues" },
	{ .name = "queue-bypass", .id = BYPASS, .type = ARG_NONE, .help = "accept when nobody listens" },
	{ .name = "queue-cpu-fanout", .id = FANOUT, .type = ARG_NONE, .also = 1u << BALANCE,
	  .help = "spread by CPU, not by flow" },
	{ .name = NULL },
};

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *num = use_arg(u, NUM), *balance = use_arg(u, BALANCE);
	struct inst_queue *q = &lower_emit(l, INST_QUEUE)->queue;

	q->num = num ? (uint16_t)num->num.lo : balance ? (uint16_t)balance->num.lo : 0;
	q->total = balance ? (uint16_t)(balance->num.hi - balance->num.lo + 1) : 1;
	q->bypass = use_arg(u, BYPASS);
	q->fanout = use_arg(u, FANOUT);
}

const struct ext target_nfqueue = {
	.name = "NFQUEUE",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.terminal = true,
	.help = "hand to user space",
};
