/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hashlimit: net/netfilter/xt_hashlimit.c, hashlimit_mt_common(); libxt_hashlimit.c.
 *
 * Rules that name the same table share its buckets, whose rate, key and life time are those of the
 * first rule that the kernel sees, whatever the others say. One nft set stands for a table; its
 * elements hold a token bucket as match limit does (rate.c), and are renewed by every packet. The
 * set says "not yet over the limit", so that rules with --hashlimit-upto and -above can share it.
 * When it is full a packet counts as over the limit; xtables drops it.
 *
 * An idle bucket is forgotten (and so is full again) when it expires; xtables only forgets it when
 * its garbage collection comes by, some time within --hashlimit-htable-gcinterval after that.
 *
 * Ports: of TCP, UDP, UDP-Lite, DCCP, SCTP and ESP the first four bytes, of AH its SPI; other
 * protocols have none, which counts as 0, and later fragments of IPv6 neither. Of IPv4's later fragments
 * xtables takes whatever is there (nft finds it behind a header without options only). Where a table gets
 * several of these its keys are bytes of the packet, so that equal ones meet.
 *
 * Rates by bytes are counted in steps of 16 with a burst that is never refilled, and
 * --hashlimit-rate-match compares whole windows: nft's limit does neither.
 */
#include "hashlimit.h"

#include <string.h>
#include <netinet/in.h>
#include "load_order.h"

/* Packets that have the same kind of key. */
struct group {
	enum group_kind { PORTS, SPI, NO_PORTS, FRAGMENT } kind;
	bool fragment;
	bool tested; /* the rule tests the protocol already */
	struct operand key[4];
	uint8_t nkey;
};

static const uint8_t port_protos[] = { IPPROTO_TCP, IPPROTO_UDP,  IPPROTO_DCCP,
				       IPPROTO_ESP, IPPROTO_SCTP, IPPROTO_UDPLITE, IPPROTO_AH };

/* One name, with what all its rules say. */
struct shared {
	const char *name;
	struct hashlimit_table t;
	const char *reason;
	enum group_kind kind; /* of the first rule's packets */
	bool mixed;	      /* there may be several kinds */
	struct ir_set *set;
};

static const char *judge(const struct hashlimit_table *t)
{
	if (t->ratematch)
		return "nftables measures no rates (--hashlimit-rate-match)";
	if (t->bytes)
		return "xtables counts bytes in steps of 16, which nftables doesn't";
	if (t->avg * t->burst > UINT64_MAX / HASHLIMIT_CREDITS)
		return "its burst overflows in the kernel";
	return NULL;
}

/* proto_ports_offset() */
static enum group_kind kind_of(unsigned proto)
{
	for (unsigned i = 0; i < sizeof(port_protos); i++)
		if (port_protos[i] == proto)
			return proto == IPPROTO_AH ? SPI : PORTS;
	return NO_PORTS;
}

/* Does the rule see packets of this kind only? As lower_no_fragments() will say. */
static bool uniform(const struct rule *r, unsigned match, enum group_kind kind)
{
	static const char *const whole_only[] = { "tcp", "udp", "sctp", "dccp", "esp", "ah", "multiport" };
	const struct rule_spec *s = r->spec;
	bool whole = kind == NO_PORTS || r->chain->table->id == TABLE_NAT || s->fragment < 0;

	for (unsigned i = 0; i < match; i++)
		for (unsigned k = 0; k < sizeof(whole_only) / sizeof(*whole_only); k++)
			whole |= !strcmp(s->matches[i].ext->name, whole_only[k]);
	return whole && s->proto && !s->proto_invert && kind == kind_of(s->proto);
}

static void add_use(struct lower *l, const struct rule *r, unsigned match, struct dict *all)
{
	const struct ext_use *u = &r->spec->matches[match];
	struct hashlimit h;
	struct shared *s;

	hashlimit_decode(u, l->family, &h);
	s = dict_find(all, h.name, strlen(h.name));
	if (!s) {
		s = ARENA_NEW(l->arena, struct shared);
		s->name = h.name;
		s->t = h.t;
		s->reason = judge(&h.t);
		s->kind = kind_of(r->spec->proto);
		dict_add(l->arena, all, h.name, strlen(h.name), s);
	} else if (s->t.ratematch != h.t.ratematch) { /* hashlimit_mt_check_common(): -EINVAL */
		diag_error(l->ir->diags, u->at,
			   "the rules of table '%s' do not agree on --hashlimit-rate-match",
			   h.name);
	} else if (!s->reason && s->t.bytes != h.t.bytes) {
		s->reason = "some of its rules count bytes and some packets";
	} else if (memcmp(&s->t, &h.t, sizeof(h.t)) != 0) {
		diag_add(l->ir->diags, IPTC2NFT_SEV_WARNING, u->at,
			 "the table '%s' keeps the rate, mode and limits of the rule that is "
			 "loaded first",
			 h.name);
	}
	s->mixed |= !uniform(r, match, s->kind);
}

static struct shared *shared_find(struct lower *l, const struct ext *e, const char *name)
{
	void **note = lower_note(l, e);

	if (!*note) {
		struct dict *all = ARENA_NEW(l->arena, struct dict);
		uint32_t n;
		const struct rule **r = load_order(l->rs, &n);

		*note = all;
		for (uint32_t i = 0; i < n; i++)
			for (unsigned m = 0; r[i]->spec && m < r[i]->spec->nmatches; m++)
				if (r[i]->spec->matches[m].ext == e)
					add_use(l, r[i], m, all);
	}
	return dict_find(*note, name, strlen(name));
}

static struct operand address(struct lower *l, enum field_id f, unsigned prefix)
{
	uint8_t mask[16] = { 0 };

	if (prefix == (lower_v6(l) ? 128 : 32))
		return operand_of(f);
	for (unsigned i = 0; i < prefix; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return operand_and_bytes(l, operand_of(f), mask);
}

/* The four bytes that stand for the ports in a table of several kinds, under a mask; 0 where there are none.
 * (nft takes two bytes there for a port, which does not go with the other places.) */
static struct operand port_bytes(struct lower *l, const struct group *g, bool sport, bool dport)
{
	uint32_t mask = g->kind == NO_PORTS ? 0 : (sport ? 0xffff0000 : 0) | (dport ? 0xffff : 0);
	struct operand o = g->kind == PORTS      ? operand_raw(BASE_TH, 0, 32)
			   : g->kind == SPI      ? operand_raw(BASE_TH, 32, 32)
			   : g->kind == FRAGMENT ? operand_raw(BASE_NH, 160, 32)
						 : operand_raw(BASE_NH, 0, 32);

	return mask == UINT32_MAX ? o : operand_and(l, o, mask);
}

static void fill_key(struct lower *l, const struct shared *s, struct group *g)
{
	const struct hashlimit_table *t = &s->t;
	bool sport = t->mode & XT_HASHLIMIT_HASH_SPT, dport = t->mode & XT_HASHLIMIT_HASH_DPT;

	if (t->mode & XT_HASHLIMIT_HASH_SIP)
		g->key[g->nkey++] = address(l, field_saddr(l), t->srcmask);
	if (t->mode & XT_HASHLIMIT_HASH_DIP)
		g->key[g->nkey++] = address(l, field_daddr(l), t->dstmask);
	if (s->mixed && (sport || dport)) {
		g->key[g->nkey++] = port_bytes(l, g, sport, dport);
		return;
	}
	if (g->kind == PORTS && sport)
		g->key[g->nkey++] = operand_of(FIELD_TH_SPORT);
	if (g->kind == PORTS && dport)
		g->key[g->nkey++] = operand_of(FIELD_TH_DPORT);
	if (g->kind == SPI)
		g->key[g->nkey++] = sport && dport ? operand_of(FIELD_AH_SPI)
						   : operand_and(l, operand_of(FIELD_AH_SPI),
								 sport ? 0xffff0000 : 0xffff);
	if (!g->nkey) /* one bucket for all: a key that is always 0 */
		g->key[g->nkey++] = address(l, field_saddr(l), 0);
}

static unsigned groups_of(struct lower *l, const struct shared *s, struct group *out)
{
	bool ports = s->t.mode & (XT_HASHLIMIT_HASH_SPT | XT_HASHLIMIT_HASH_DPT);
	bool only = l->spec->proto && !l->spec->proto_invert;
	unsigned n = ports && !only ? 3 : 1;

	memset(out, 0, 4 * sizeof(*out));
	for (unsigned i = 0; i < n; i++) {
		out[i].kind = n == 3 ? i : ports ? kind_of(l->spec->proto) : NO_PORTS;
		out[i].tested = n == 1;
	}
	if (out[0].kind != NO_PORTS && !lower_no_fragments(l)) {
		out[n].kind = lower_v6(l) ? NO_PORTS : FRAGMENT;
		out[n].tested = out[0].tested;
		out[n++].fragment = true;
	}
	for (unsigned i = 0; i < n; i++)
		fill_key(l, s, &out[i]);
	return n;
}

static void test_fragment(struct lower *l)
{
	struct operand o = operand_of(FIELD_EXTHDR);

	if (!lower_v6(l)) {
		lower_any_bit(l, operand_of(FIELD_IP_FRAG_OFF), 0x1fff, false);
		return;
	}
	o.hdr.type = IPPROTO_FRAGMENT;
	o.hdr.off = 16;
	o.hdr.bits = 13;
	lower_eq(l, o, 0, true);
}

static void group_tests(struct lower *l, const struct group *g)
{
	struct arg_range list[sizeof(port_protos)];

	for (unsigned i = 0; i < sizeof(port_protos); i++)
		list[i].lo = list[i].hi = port_protos[i];
	if (!g->tested) {
		if (g->kind == SPI)
			lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_AH, false);
		else
			lower_in(l, operand_of(FIELD_META_L4PROTO), list,
				 g->kind == PORTS ? sizeof(port_protos) - 1 : sizeof(port_protos),
				 g->kind == NO_PORTS && !g->fragment);
	}
	if (g->fragment)
		test_fragment(l);
	else if (g->kind != NO_PORTS)
		lower_need_header(
			l, g->kind == SPI ? IPPROTO_AH : (uint8_t)(g->tested ? l->spec->proto : 0),
			g->kind == SPI ? 8 : 4, false);
}

static struct ir_set *set_for(struct lower *l, struct shared *s, const struct group *g)
{
	struct ir_set *set = s->set;
	bool fresh;

	if (set)
		return set;
	s->set = set = lower_set_named(l, arena_printf(l->arena, "hashlimit.%s", s->name), &fresh);
	set->key = arena_array(l->arena, g->nkey, sizeof(*set->key));
	for (unsigned i = 0; i < g->nkey; i++) {
		set->key[i].of = g->key[i];
		set->key[i].of.nxf = 0;
	}
	set->nkey = g->nkey;
	set->flags = SET_DYNAMIC | SET_TIMEOUT;
	set->timeout = s->t.expire;
	set->size = s->t.max;
	set->owner = s;
	return set;
}

/*
 * xtables keeps 10^6 seconds/rate as an integer; where that is a coarse number, the rate that comes
 * of it is written per day.
 */
static void exact_rate(const struct hashlimit_table *t, struct inst_limit *i)
{
	i->rate = t->rate;
	i->unit = (uint32_t)t->unit;
	i->burst = (uint32_t)t->burst;
	if (t->avg < 1000 && XT_HASHLIMIT_SCALE_v2 * t->unit % t->rate) {
		i->rate = XT_HASHLIMIT_SCALE_v2 * PER_DAY / t->avg;
		i->unit = PER_DAY;
	}
}

static void charge(struct lower *l, struct shared *s, const struct group *g)
{
	struct ir_set *set = set_for(l, s, g);
	struct inst *i, *limit = inst_new(l->arena, INST_LIMIT, l->at);

	group_tests(l, g);
	exact_rate(&s->t, &limit->limit);
	i = lower_emit(l, INST_DYNSET);
	i->dynset.op = DYNSET_UPDATE;
	i->dynset.set = set;
	i->dynset.key = arena_array(l->arena, g->nkey, sizeof(*g->key));
	memcpy(i->dynset.key, g->key, g->nkey * sizeof(*g->key));
	i->dynset.nkey = g->nkey;
	i->dynset.exprs = limit;
}

void hashlimit_lower(struct lower *l, const struct ext_use *u)
{
	struct hashlimit h;
	struct shared *s;
	struct group g[4];
	unsigned n;

	hashlimit_decode(u, l->family, &h);
	s = shared_find(l, u->ext, h.name);
	if (s->reason) {
		lower_refuse(l, u, u->at, NULL, "the table '%s' has no form in nftables: %s",
			     s->name, s->reason);
		return;
	}
	n = groups_of(l, s, g);
	/* ipv6_skip_exthdr() of hashlimit_init_dst() passes AH by; a failure drops the packet. */
	if (lower_v6(l) && g[0].kind != NO_PORTS && !g[0].tested)
		lower_need_exthdr(l, NEED_PORTS);
	if (h.above) { /* what is not over the limit leaves the rule */
		lower_split(l);
		for (unsigned i = 0; i < n; i++) {
			charge(l, s, &g[i]);
			lower_verdict(l, VERDICT_RETURN);
			lower_continue(l);
		}
		return;
	}
	if (n > 1)
		lower_fork(l, n);
	for (unsigned i = 0; i < n; i++) {
		lower_branch(l, n > 1 ? (int)i : -1);
		charge(l, s, &g[i]);
	}
	lower_branch(l, -1);
}
