/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recent: net/netfilter/xt_recent.c, recent_mt(); recent.c has the lists.
 *
 * --set always matches. --update adds its stamp when the match holds after inversion: so
 * "! --update --seconds" renews an address that was seen, but not lately. Inverted checks of
 * unknown addresses hold and add nothing.
 */
#include "recent.h"

#include <string.h>
#include <linux/netfilter/xt_recent.h>

enum { SET, RCHECK, UPDATE, REMOVE, SECONDS, REAP, HITCOUNT, RTTL, NAME, RSOURCE, RDEST, MASK };

#define OPS   (1u << SET | 1u << RCHECK | 1u << UPDATE | 1u << REMOVE)
#define PLAIN (1u << SET | 1u << REMOVE)

/* More lookups may not fit in one rule beside its other matches: a rule holds 4 KiB of
 * expressions. */
#define LOOKUPS_MAX 12

#define SIZE_NOTE                                                                                  \
	"a list remembers 65535 addresses instead of the latest 100; when it is full, new ones "   \
	"are not added and a rule that would add one does not match"

static const struct ext_option options[] = {
	{ .name = "set", .id = SET, .type = ARG_NONE, .flags = OPT_INVERT | OPT_REQUIRED,
	  .excl = OPS, .help = "add the address to the list; always matches", .note = SIZE_NOTE },
	{ .name = "rcheck", .id = RCHECK, .type = ARG_NONE, .flags = OPT_INVERT, .excl = OPS,
	  .help = "match when the address is in the list" },
	{ .name = "update", .id = UPDATE, .type = ARG_NONE, .flags = OPT_INVERT, .excl = OPS,
	  .help = "likewise, and renew it" },
	{ .name = "remove", .id = REMOVE, .type = ARG_NONE, .flags = OPT_INVERT, .excl = OPS,
	  .help = "likewise, and remove it",
	  .note = "a set may not take an address again that was removed more than 16 times within "
		  "a second" },
	{ .name = "seconds", .id = SECONDS, .type = ARG_U32, .min = 1, .max = UINT32_MAX,
	  .excl = PLAIN, .metavar = "n", .help = "seen within so many seconds" },
	{ .name = "reap", .id = REAP, .type = ARG_NONE, .also = 1u << SECONDS, .excl = PLAIN,
	  .help = "forget what is older than --seconds", .support = PARTLY,
	  .note = "refused when another rule of the list asks for older addresses" },
	{ .name = "hitcount", .id = HITCOUNT, .type = ARG_U32, .min = 0, .max = 65535,
	  .excl = PLAIN, .metavar = "n", .help = "seen at least so many times", .support = PARTLY,
	  .note = "above 512 refused; each hit takes two sets and a rule; an address that gets "
		  "more than eight times as many stamps a second is let go up to 1/8 s early" },
	{ .name = "rttl", .id = RTTL, .type = ARG_NONE, .excl = PLAIN,
	  .help = "the TTL must be the stored one", .support = PARTLY,
	  .note = "not with `!`; a list's rules must all be reached from PREROUTING and INPUT, or "
		  "all from FORWARD" },
	{ .name = "name", .id = NAME, .type = ARG_STRING, .flags = OPT_CUT, .min = 1, .max = XT_RECENT_NAME_LEN - 1, .implied = "DEFAULT",
	  .metavar = "name", .help = "the list (default DEFAULT)" },
	{ .name = "rsource", .id = RSOURCE, .type = ARG_NONE, .implied = "",
	  .help = "the source address (default)" },
	{ .name = "rdest", .id = RDEST, .type = ARG_NONE, .help = "the destination address" },
	{ .name = "mask", .id = MASK, .type = ARG_HOST, .metavar = "mask",
	  .help = "mask for the address: that of the list's first rule counts" },
	{ .name = NULL },
};

void recent_decode(const struct ext_use *u, unsigned family, struct recent_use *out)
{
	*out = (struct recent_use){ .use = u, .name = "DEFAULT", .hits = 1 };
	memset(out->mask.b, 0xff, family == FAMILY_IPV6 ? 16 : 4);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		switch (a->id) {
		case SET:
		case RCHECK:
		case UPDATE:
		case REMOVE:
			out->op = (uint8_t)(a->id - SET + RECENT_SET);
			out->invert = a->invert;
			break;
		case SECONDS: out->seconds = (uint32_t)a->num.lo; break;
		case REAP: out->reap = true; break;
		case HITCOUNT: out->hits = a->num.lo ? (uint32_t)a->num.lo : 1; break;
		case RTTL: out->rttl = true; break;
		case NAME: out->name = a->str.s; break;
		case RSOURCE: out->dest = false; break;
		case RDEST: out->dest = true; break;
		case MASK: out->mask = a->host.items[0]; break;
		default: break;
		}
	}
}

/* xt_check_proc_name() */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *a = use_arg(u, NAME);

	(void)r;
	if (a && (strchr(a->str.s, '/') || !strcmp(a->str.s, ".") || !strcmp(a->str.s, ".."))) {
		diag_error(rs->diags, a->value, "--name: '%s' can't be the name of a file",
			   a->str.s);
		return false;
	}
	return true;
}

static struct operand key_of(struct lower *l, const struct recent_use *u, const struct addr *mask)
{
	struct operand o = operand_of(u->dest ? field_daddr(l) : field_saddr(l));

	for (unsigned i = 0; i < operand_bytes(&o); i++)
		if (mask->b[i] != 0xff)
			return operand_and_bytes(l, o, mask->b);
	return o;
}

/* The following is for addresses with this many hits. */
static void need_hits(struct lower *l, const struct recent_window *w, uint32_t hits,
		      const struct operand *key)
{
	if (!w->seconds || hits == 1) {
		recent_lookup(l, w->slots[hits - 1], key, false);
		return;
	}
	if (hits <= LOOKUPS_MAX) {
		for (uint32_t i = 0; i < hits; i++)
			recent_lookup(l, w->slots[i], key, false);
		return;
	}
	lower_split(l);
	for (uint32_t i = 0; i < hits; i++) {
		recent_lookup(l, w->slots[i], key, true);
		lower_verdict(l, VERDICT_RETURN);
		lower_continue(l);
	}
}

/* In a chain of the rule's own: leave it with an address that has this many hits. The slot that is
 * written next is the oldest: when it has not expired, none has. */
static void return_hits(struct lower *l, const struct recent_window *w, uint32_t hits,
			const struct operand *key)
{
	if (!w->seconds || hits == 1) {
		recent_lookup(l, w->slots[hits - 1], key, false);
		lower_verdict(l, VERDICT_RETURN);
		lower_continue(l);
		return;
	}
	for (uint32_t i = 0; i < hits; i++) {
		recent_lookup(l, w->next[i], key, false);
		recent_lookup(l, w->slots[i], key, false);
		lower_verdict(l, VERDICT_RETURN);
		lower_continue(l);
	}
}

static void stamp(struct lower *l, struct recent_list *t, const struct operand *key)
{
	struct ir_chain *c;

	if (!t->chain) {
		recent_stamp(l, t, key);
		return;
	}
	c = recent_stamp_chain(l, t, key);
	lower_split(l);
	lower_jump(l, c);
	lower_continue(l);
}

static void lower_check(struct lower *l, struct recent_list *t, const struct recent_use *u,
			const struct operand *key)
{
	const struct recent_window *w = recent_window(t, u->seconds, u->hits);

	if (!w) /* of the first pass: hits without seconds have one window, of the most hits */
		return;
	if (!u->invert) {
		need_hits(l, w, u->hits, key);
		if (u->rttl) {
			lower_split(l);
			recent_need_ttl(l, t, key);
		}
		if (u->op == RECENT_UPDATE)
			stamp(l, t, key);
		return;
	}

	bool renews = u->op == RECENT_UPDATE && (u->seconds || u->hits > 1);

	if (!renews && (!u->seconds || u->hits == 1)) {
		recent_lookup(l, w->slots[u->hits - 1], key, true);
		return;
	}

	struct ir_chain *c = renews && t->chain ? recent_stamp_chain(l, t, key) : NULL;

	lower_split(l);
	return_hits(l, w, u->hits, key);
	if (!renews)
		return;
	recent_lookup(l, recent_window(t, 0, 1)->slots[0], key, false);
	if (c)
		lower_jump(l, c);
	else
		recent_stamp(l, t, key);
	lower_continue(l);
}

static void lower_remove(struct lower *l, const struct ext_use *use, struct recent_list *t,
			 const struct recent_use *u, const struct operand *key)
{
	struct ir_set *seen = recent_window(t, 0, 1)->slots[0];
	struct ir_chain *c = t->chain || u->invert ? recent_forget_chain(l, t, key) : NULL;

	if (!c) {
		recent_lookup(l, seen, key, false);
		recent_forget(l, t, key);
		return;
	}
	if (u->invert && (l->spec->target == TARGET_RETURN || l->spec->target == TARGET_GOTO)) {
		lower_refuse(l, use, use->at, NULL,
			     "! --remove with -j RETURN or -g has no exact form");
		return;
	}
	if (!u->invert)
		recent_lookup(l, seen, key, false);
	lower_split(l);
	if (u->invert) { /* what was there is removed and leaves the rule's chain */
		recent_lookup(l, seen, key, false);

		struct inst *i = lower_emit(l, INST_VERDICT);

		i->verdict.kind = VERDICT_GOTO;
		lower_lead(l, i, c);
	} else {
		lower_jump(l, c);
	}
	lower_continue(l);
}

static void lower(struct lower *l, const struct ext_use *use)
{
	struct recent_use u;
	struct recent_list *t;
	struct operand key;

	recent_decode(use, l->family, &u);
	t = recent_find(l, use->ext, u.name);
	if (t->reason) {
		lower_refuse(l, use, use->at, NULL, "%s", t->reason);
		return;
	}
	key = key_of(l, &u, &t->uses[0].mask);
	switch ((enum recent_op)u.op) {
	case RECENT_SET:
		stamp(l, t, &key);
		if (u.invert)
			lower_never(l);
		break;
	case RECENT_RCHECK:
	case RECENT_UPDATE: lower_check(l, t, &u, &key); break;
	case RECENT_REMOVE: lower_remove(l, use, t, &u, &key); break;
	}
}

static bool compat(struct lower *l, const struct ext_use *use, struct compat_blob *blob)
{
	struct xt_recent_mtinfo_v1 *info = ARENA_NEW(l->arena, struct xt_recent_mtinfo_v1);
	struct recent_use u;

	recent_decode(use, l->family, &u);
	info->seconds = u.seconds;
	if (use_arg(use, HITCOUNT))
		info->hit_count = (uint32_t)use_arg(use, HITCOUNT)->num.lo;
	info->check_set = (uint8_t)((u.op == RECENT_SET      ? XT_RECENT_SET
				     : u.op == RECENT_RCHECK ? XT_RECENT_CHECK
				     : u.op == RECENT_UPDATE ? XT_RECENT_UPDATE
							     : XT_RECENT_REMOVE) |
				    (u.rttl ? XT_RECENT_TTL : 0) | (u.reap ? XT_RECENT_REAP : 0));
	info->invert = u.invert;
	memcpy(info->name, u.name, strlen(u.name));
	info->side = u.dest ? XT_RECENT_DEST : XT_RECENT_SOURCE;
	if (use_arg(use, MASK))
		memcpy(&info->mask, u.mask.b, sizeof(info->mask));
	else /* also beyond IPv4's bytes, as recent_init() */
		memset(&info->mask, 0xff, sizeof(info->mask));
	*blob = (struct compat_blob){ "recent", 1, info, sizeof(*info) };
	return true;
}

const struct ext match_recent = {
	.name = "recent",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "lists of addresses seen lately",
};
