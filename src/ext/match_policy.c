/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy: net/netfilter/xt_policy.c, policy_mt().
 *
 * --dir in looks at the states that the packet was decapsulated by (its security path), --dir out
 * at those that will encapsulate it. With --strict every state has to be the one asked for at its
 * place and there are no others; otherwise any state may be it. nft's ipsec reads reqid and SPI of
 * the state at a place and fails where there is none.
 *
 * The security path is kept innermost first, but --strict counts from the outermost. An SPI is
 * compared in the byte order of the machine: libxt_policy hands the kernel the number as it is.
 */
#include "lower.h"
#include "blob.h"

#include <string.h>
#include <linux/netfilter/xt_policy.h>

enum { DIR, POL, STRICT, REQID, SPI, TUNNEL_SRC, TUNNEL_DST, PROTO, MODE, NEXT };

#define STATES_MAX 6 /* XFRM_MAX_DEPTH */

static const struct ext_word dirs[] = {
	{ "in", XT_POLICY_MATCH_IN }, { "out", XT_POLICY_MATCH_OUT }, { NULL, 0 }
};
static const struct ext_word pols[] = { { "none", XT_POLICY_MATCH_NONE },
					{ "ipsec", 0 },
					{ NULL, 0 } };
static const struct ext_word modes[] = {
	{ "transport", XT_POLICY_MODE_TRANSPORT }, { "tunnel", XT_POLICY_MODE_TUNNEL }, { NULL, 0 }
};

#define ELEMENT (OPT_INVERT | OPT_MULTI)

static const struct ext_option options[] = {
	{ .name = "dir", .id = DIR, .type = ARG_ENUM, .flags = OPT_REQUIRED, .words = dirs,
	  .metavar = "in|out", .help = "decapsulated, or to be encapsulated" },
	{ .name = "pol", .id = POL, .type = ARG_ENUM, .words = pols, .metavar = "none|ipsec",
	  .help = "without or with a policy" },
	{ .name = "strict", .id = STRICT, .type = ARG_NONE,
	  .help = "all states of the policy, in order" },
	{ .name = "reqid", .id = REQID, .type = ARG_U32, .flags = ELEMENT, .metavar = "number",
	  .help = "id of the request" },
	{ .name = "spi", .id = SPI, .type = ARG_U32, .flags = ELEMENT, .metavar = "number",
	  .help = "SPI, as a number of this machine's byte order", .support = PARTLY,
	  .note = "beside --reqid only with --strict" },
	{ .name = "tunnel-src", .id = TUNNEL_SRC, .type = ARG_HOSTMASK, .flags = ELEMENT,
	  .metavar = "address[/mask]", .help = "source of the tunnel", .support = COMPAT,
	  .note = "needs --mode" },
	{ .name = "tunnel-dst", .id = TUNNEL_DST, .type = ARG_HOSTMASK, .flags = ELEMENT,
	  .metavar = "address[/mask]", .help = "destination of the tunnel", .support = COMPAT,
	  .note = "needs --mode" },
	{ .name = "proto", .id = PROTO, .type = ARG_PROTO, .flags = ELEMENT,
	  .metavar = "ah|esp|ipcomp",
	  .help = "protocol of the state", .support = COMPAT, .note = "nftables can't see it" },
	{ .name = "mode", .id = MODE, .type = ARG_ENUM, .flags = ELEMENT, .words = modes,
	  .metavar = "transport|tunnel", .help = "mode of the state", .support = COMPAT,
	  .note = "nftables can't see it" },
	{ .name = "next", .id = NEXT, .type = ARG_NONE, .flags = OPT_MULTI, .also = 1u << STRICT,
	  .help = "the next state" },
	{ .name = NULL },
};

/* Arguments of one state. */
struct element {
	const struct arg *by_id[NEXT];
};

struct policy {
	uint16_t flags;
	unsigned n;
	struct element e[XT_POLICY_MAX_ELEM];
};

/* False, with what is wrong at *bad, where a state has two of the same or there are too many. */
static bool read_policy(const struct ext_use *u, struct policy *p, const struct arg **bad)
{
	*p = (struct policy){ 0 };
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		const struct arg **to = a->id < NEXT ? &p->e[p->n].by_id[a->id] : NULL;

		*bad = a;
		if (a->id == DIR || a->id == POL)
			p->flags |= (uint16_t)a->num.lo;
		else if (a->id == STRICT)
			p->flags |= XT_POLICY_MATCH_STRICT;
		else if (to ? *to != NULL : ++p->n == XT_POLICY_MAX_ELEM)
			return false;
		else if (to)
			*to = a;
	}
	if (!(p->flags & XT_POLICY_MATCH_NONE))
		p->n++;
	return true;
}

static bool is_empty(const struct element *e)
{
	for (unsigned id = REQID; id < NEXT; id++)
		if (e->by_id[id])
			return false;
	return true;
}

static bool check_element(struct ruleset *rs, const struct ext_use *u, const struct policy *p,
			  const struct element *e)
{
	const struct arg *proto = e->by_id[PROTO], *mode = e->by_id[MODE], *address;

	address = e->by_id[TUNNEL_SRC] ? e->by_id[TUNNEL_SRC] : e->by_id[TUNNEL_DST];
	if (p->flags & XT_POLICY_MATCH_STRICT && is_empty(e)) {
		diag_error(rs->diags, u->at,
			   "with --strict every state needs something to be told by");
		return false;
	}
	if (proto && proto->num.lo != IPPROTO_AH && proto->num.lo != IPPROTO_ESP &&
	    proto->num.lo != IPPROTO_COMP) {
		diag_error(rs->diags, proto->value, "--proto is ah, esp or ipcomp");
		return false;
	}
	if (address && (!mode || (mode->num.lo == XT_POLICY_MODE_TUNNEL) == mode->invert)) {
		diag_error(rs->diags, address->at, "an address of a tunnel needs --mode tunnel");
		return false;
	}
	return true;
}

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *bad = NULL;
	struct policy p;

	(void)r;
	if (!read_policy(u, &p, &bad)) {
		diag_error(rs->diags, bad->at,
			   bad->id == NEXT ? "a policy has at most %d states"
					   : "given twice for a state",
			   XT_POLICY_MAX_ELEM);
		return false;
	}
	if (p.flags & XT_POLICY_MATCH_NONE && (p.flags & XT_POLICY_MATCH_STRICT || p.n)) {
		diag_error(rs->diags, u->at, "--pol none leaves nothing to be strict about");
		return false;
	}
	for (unsigned i = 0; i < p.n; i++)
		if (!check_element(rs, u, &p, &p.e[i]))
			return false;
	return true;
}

static unsigned use_hooks(const struct ext_use *u)
{
	if (use_arg(u, DIR)->num.lo == XT_POLICY_MATCH_IN)
		return IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD);
	return IN_HOOK(FORWARD) | IN_HOOK(OUTPUT) | IN_HOOK(POSTROUTING);
}

static struct operand state(const struct policy *p, enum field_id f, unsigned place)
{
	struct operand o = operand_of(f);

	o.ipsec.out = !(p->flags & XT_POLICY_MATCH_IN);
	o.ipsec.spnum = (uint8_t)place;
	return o;
}

static void test(struct lower *l, const struct policy *p, const struct arg *a, unsigned place,
		 bool negate)
{
	uint32_t number = (uint32_t)a->num.lo;

	l->at = a->at;
	if (a->id == REQID)
		lower_eq(l, state(p, FIELD_IPSEC_REQID, place), number, a->invert != negate);
	else
		lower_value(l, state(p, FIELD_IPSEC_SPI, place), &number, a->invert != negate);
}

/* Each state at its place, and none behind the last. */
static void strict(struct lower *l, const struct policy *p)
{
	lower_split(l);
	lower_cmp(l, state(p, FIELD_IPSEC_REQID, p->n), TEST_GE, 0);
	lower_verdict(l, VERDICT_RETURN);
	lower_continue(l);
	for (unsigned i = 0; i < p->n; i++)
		for (unsigned id = REQID; id <= SPI; id++)
			if (p->e[i].by_id[id])
				test(l, p, p->e[i].by_id[id],
				     p->flags & XT_POLICY_MATCH_IN ? p->n - 1 - i : i, false);
}

/* The first state is it, or that is not but the second is, … */
static void any(struct lower *l, const struct policy *p, const struct arg *a)
{
	lower_fork(l, STATES_MAX);
	for (unsigned i = 0; i < STATES_MAX; i++) {
		lower_branch(l, (int)i);
		for (unsigned k = 0; k <= i; k++)
			test(l, p, a, k, k < i);
	}
	lower_branch(l, -1);
}

/* For the simulator, where no packet has to do with IPsec; --pol none is never refused. */
static int eval(const struct ext_use *u, struct sim_packet *p)
{
	(void)u;
	(void)p;
	return 0;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *reqid, *spi, *bad = NULL;
	struct policy p;

	read_policy(u, &p, &bad);
	for (unsigned i = 0; i < p.n; i++)
		for (unsigned id = TUNNEL_SRC; id <= MODE; id++)
			if (p.e[i].by_id[id]) {
				lower_refuse(l, u, p.e[i].by_id[id]->at, eval,
					     "nftables knows reqid and SPI "
					     "of an IPsec state, but not its protocol and mode");
				return;
			}
	reqid = p.e[0].by_id[REQID];
	spi = p.e[0].by_id[SPI];
	if (p.flags & XT_POLICY_MATCH_STRICT)
		strict(l, &p);
	else if (reqid && spi)
		lower_refuse(l, u, spi->at, eval,
			     "nftables can't ask for --reqid and --spi of the same state "
			     "at any place; it can with --strict");
	else if (reqid || spi)
		any(l, &p, reqid ? reqid : spi);
	else
		lower_eq(l,
			 operand_of(p.flags & XT_POLICY_MATCH_IN ? FIELD_META_SECPATH
								 : FIELD_RT_IPSEC),
			 p.flags & XT_POLICY_MATCH_NONE ? 0 : 1, false);
}

static void blob_addr(const struct arg *a, union xt_policy_addr *addr, union xt_policy_addr *mask)
{
	memcpy(addr, a->host.items[0].b, sizeof(*addr));
	memcpy(mask, a->host.items[1].b, sizeof(*mask));
}

static void blob_element(const struct element *e, struct xt_policy_elem *to)
{
#define GIVEN(id, member)                                           \
	(e->by_id[id] && (to->match.member = 1) &&                  \
	 (to->invert.member = e->by_id[id]->invert, true))
	if (GIVEN(REQID, reqid))
		to->reqid = (uint32_t)e->by_id[REQID]->num.lo;
	if (GIVEN(SPI, spi))
		to->spi = (uint32_t)e->by_id[SPI]->num.lo;
	if (GIVEN(PROTO, proto))
		to->proto = (uint8_t)e->by_id[PROTO]->num.lo;
	if (GIVEN(MODE, mode))
		to->mode = (uint8_t)e->by_id[MODE]->num.lo;
	if (GIVEN(TUNNEL_SRC, saddr))
		blob_addr(e->by_id[TUNNEL_SRC], &to->saddr, &to->smask);
	if (GIVEN(TUNNEL_DST, daddr))
		blob_addr(e->by_id[TUNNEL_DST], &to->daddr, &to->dmask);
#undef GIVEN
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_policy_info *info = blob_new(l, blob, "policy", 0, sizeof(*info));
	const struct arg *bad = NULL;
	struct policy p;

	read_policy(u, &p, &bad);
	info->flags = p.flags;
	info->len = (uint16_t)p.n;
	for (unsigned i = 0; i < p.n; i++)
		blob_element(&p.e[i], &info->pol[i]);
	return true;
}

const struct ext match_policy = {
	.name = "policy",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.use_hooks = use_hooks,
	.lower = lower,
	.compat = compat,
	.help = "IPsec policy",
};
