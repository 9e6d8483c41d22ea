/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CT, NOTRACK: net/netfilter/xt_CT.c. Both leave packets alone that have a connection or are untracked
 * already, as nft's notrack and ct zone set do.
 *
 * Helper, timeout policy and events belong to a template that conntrack copies when it creates the
 * connection; nft's objects need the connection itself, which in the raw table is not there yet. Helper and
 * events are therefore set behind connection tracking (lower_late.c). An expected connection gets its
 * helper from the expectation only.
 */
#include "lower.h"

#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_CT.h>
#include "blob.h"
#include "value.h"

enum { NOTRACK, HELPER, TIMEOUT, CTEVENTS, EXPEVENTS, ZONE_ORIG, ZONE_REPLY, ZONE };

#define ZONE_MARK (UINT64_C(1) << 32) /* "mark": the zone is the packet's mark */

static const struct ext_word ct_events[] = {
	{ "new", 1 << 0 },       { "related", 1 << 1 },    { "destroy", 1 << 2 }, { "reply", 1 << 3 },
	{ "assured", 1 << 4 },   { "protoinfo", 1 << 5 },  { "helper", 1 << 6 },  { "mark", 1 << 7 },
	{ "natseqinfo", 1 << 8 }, { "secmark", 1 << 9 },   { NULL, 0 },
};

static const struct ext_word exp_events[] = { { "new", 1 << 0 }, { NULL, 0 } };

static bool parse_zone(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;

	out->num.lo = out->num.hi = ZONE_MARK;
	if (w->len == 4 && !strncasecmp(w->s, "mark", 4))
		return true;
	if (value_u64(w->s, w->len, 0, UINT16_MAX, &out->num.lo)) {
		out->num.hi = out->num.lo;
		return true;
	}
	return ext_value_error(p, "'%.*s' is neither a zone from 0 to 65535 nor 'mark'", (int)w->len, w->s);
}

#define LATE_NOTE     "where the rules of raw can be repeated behind connection tracking"
#define TIMEOUT_NOTE  "what the policy holds is not in the ruleset"
#define EXPECT_NOTE   "nftables can't choose them"
#define MARK_NOTE     "the zone 'mark' is the mark that the packet has when conntrack sees it; nft reads it in the rule"

static const struct ext_option options[] = {
	{ .name = "notrack", .id = NOTRACK, .type = ARG_NONE, .help = "do not track" },
	{ .name = "helper", .id = HELPER, .type = ARG_STRING, .flags = OPT_CUT, .max = 15, .metavar = "name",
	  .help = "helper of the connection", .support = PARTLY, .note = LATE_NOTE },
	{ .name = "timeout", .id = TIMEOUT, .type = ARG_STRING, .flags = OPT_CUT, .max = 31, .metavar = "name",
	  .help = "timeout policy of the connection", .support = COMPAT, .note = TIMEOUT_NOTE },
	{ .name = "ctevents", .id = CTEVENTS, .type = ARG_FLAGS, .words = ct_events, .metavar = "event,…",
	  .help = "events to report", .support = PARTLY,
	  .note = LATE_NOTE "; those of expectations are reported as well" },
	{ .name = "expevents", .id = EXPEVENTS, .type = ARG_FLAGS, .words = exp_events, .metavar = "new",
	  .help = "events of expectations to report", .support = COMPAT, .note = EXPECT_NOTE },
	{ .name = "zone-orig", .id = ZONE_ORIG, .type = ARG_CUSTOM, .parse = parse_zone, .metavar = "id|mark",
	  .help = "zone of the original direction", .support = PARTLY, .note = MARK_NOTE },
	{ .name = "zone-reply", .id = ZONE_REPLY, .type = ARG_CUSTOM, .parse = parse_zone, .metavar = "id|mark",
	  .help = "zone of the reply direction", .support = PARTLY, .note = MARK_NOTE },
	{ .name = "zone", .id = ZONE, .type = ARG_CUSTOM, .parse = parse_zone, .metavar = "id|mark",
	  .help = "zone of both directions", .support = PARTLY, .note = MARK_NOTE },
	{ .name = NULL },
};

extern const struct ext target_ct, target_notrack;

static const struct arg *zone_arg(const struct ext_use *u)
{
	const struct arg *last = NULL;

	for (unsigned i = 0; i < u->nargs; i++)
		if (u->args[i].id >= ZONE_ORIG)
			last = &u->args[i];
	return last;
}

/* xt_ct_flags_to_dir(): both directions named are none. */
static enum ct_dir zone_direction(const struct ext_use *u)
{
	bool orig = use_arg(u, ZONE_ORIG), reply = use_arg(u, ZONE_REPLY);

	return orig == reply ? DIR_NONE : orig ? DIR_ORIGINAL : DIR_REPLY;
}

/* xt_ct_set_helper() */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *helper = use_arg(u, HELPER);

	if (!helper || (r->spec->proto && !r->spec->proto_invert))
		return true;
	diag_error(rs->diags, helper->at, "a helper is for one protocol: -p");
	return false;
}

/* Why the option has no form; NULL: it has. */
static const char *obstacle(struct lower *l, const struct arg *a)
{
	switch (a->id) {
	case TIMEOUT: return TIMEOUT_NOTE;
	case EXPEVENTS: return EXPECT_NOTE;
	case HELPER:
		if (l->spec->proto != IPPROTO_TCP && l->spec->proto != IPPROTO_UDP)
			return "nft knows helpers for TCP and UDP";
		return lower_late_obstacle(l);
	case CTEVENTS: return lower_late_obstacle(l);
	}
	return NULL;
}

/* Does some rule of raw set a zone or turn tracking off? These leave alone what another CT has seen. */
static bool others_look(const struct lower *l)
{
	for (const struct chain *c = l->rs->tables[TABLE_RAW].chains; c; c = c->next)
		for (uint32_t i = 0; i < c->nrules; i++) {
			const struct rule_spec *s = c->rules[i]->spec;
			const struct ext_use *u = s && s->target == TARGET_EXT ? &s->ext_target : NULL;

			if (u && (u->ext == &target_notrack ||
				  (u->ext == &target_ct && (!u->nargs || zone_arg(u) || use_arg(u, NOTRACK)))))
				return true;
		}
	return false;
}

static bool late_ct(struct lower *l, const struct ext_use *u)
{
	const struct arg *helper = use_arg(u, HELPER), *events = use_arg(u, CTEVENTS);
	struct ir_object *o;
	bool fresh;

	if (use_arg(u, NOTRACK) || (!helper && !events))
		return false;
	if (!l)
		return true;
	if (events)
		lower_set(l, operand_of(FIELD_CT_EVENT), events->mark.value);
	if (helper) {
		lower_any_bit(l, operand_of(FIELD_CT_STATE), NF_CT_STATE_BIT(IP_CT_NEW), false);
		o = lower_object(l, OBJECT_CT_HELPER,
				 arena_printf(l->arena, "ct-%s-%s", helper->str.s,
					      l->spec->proto == IPPROTO_TCP ? "tcp" : "udp"), &fresh);
		o->ct_helper.helper = helper->str.s;
		o->ct_helper.l4proto = (uint8_t)l->spec->proto;
		lower_emit(l, INST_OBJREF)->objref.object = o;
	}
	return true;
}

static void lower_ct(struct lower *l, const struct ext_use *u)
{
	const struct arg *zone = zone_arg(u);

	if (use_arg(u, NOTRACK)) {
		lower_emit(l, INST_NOTRACK);
		return;
	}
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		if (a->id < ZONE_ORIG && obstacle(l, a)) {
			lower_refuse(l, u, a->at, NULL, "CT --%s has no native form: %s", options[a->id].name,
				     obstacle(l, a));
			return;
		}
		if (a->num.lo == ZONE_MARK) {
			lower_refuse(l, u, a->value, NULL, "%s", MARK_NOTE);
			return;
		}
	}
	if (late_ct(NULL, u) && !zone && !others_look(l))
		return;
	/* An untracked packet has no connection for nft_ct_set_zone_eval(), but stays untracked in xt_ct. */
	lower_any_bit(l, operand_of(FIELD_CT_STATE), NF_CT_STATE_UNTRACKED_BIT, true);
	lower_set(l, operand_ct(FIELD_CT_ZONE, zone_direction(u)), zone ? zone->num.lo : 0);
}

static void lower_notrack(struct lower *l, const struct ext_use *u)
{
	(void)u;
	lower_emit(l, INST_NOTRACK);
}

static bool compat_ct(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_ct_target_info_v1 *info = blob_new(l, blob, "CT", 2, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		switch (a->id) {
		case NOTRACK: info->flags |= XT_CT_NOTRACK; break;
		case HELPER: memcpy(info->helper, a->str.s, a->str.len); break;
		case TIMEOUT: memcpy(info->timeout, a->str.s, a->str.len); break;
		case CTEVENTS: info->ct_events = a->mark.value; break;
		case EXPEVENTS: info->exp_events = a->mark.value; break;
		case ZONE_ORIG: info->flags |= XT_CT_ZONE_DIR_ORIG; break;
		case ZONE_REPLY: info->flags |= XT_CT_ZONE_DIR_REPL; break;
		default: break;
		}
		if (a->id >= ZONE_ORIG && a->num.lo == ZONE_MARK)
			info->flags |= XT_CT_ZONE_MARK;
		else if (a->id >= ZONE_ORIG)
			info->zone = (uint16_t)a->num.lo;
	}
	return true;
}

const struct ext target_ct = {
	.name = "CT",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(RAW),
	.options = options,
	.check = check,
	.lower = lower_ct,
	.late = late_ct,
	.compat = compat_ct,
	.named_table = true,
	.help = "connection tracking of a packet that has no connection yet",
};

const struct ext target_notrack = {
	.name = "NOTRACK",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(RAW),
	.options = &options[sizeof(options) / sizeof(*options) - 1],
	.lower = lower_notrack,
	.help = "do not track",
};
