/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hashlimit: net/netfilter/xt_hashlimit.c, hashlimit_mt_common(); libxt_hashlimit.c.
 *
 * Rules that name the same table share its buckets, whose rate, key and life time are those of the first
 * rule that the kernel sees, whatever the others say. One nft set stands for a table; its elements
 * hold a token bucket as match limit does (rate.c), and are renewed by every packet. The set says "not
 * yet over the limit", so that rules with --hashlimit-upto and -above can share it. When it is full a
 * packet counts as over the limit; xtables drops it.
 *
 * An idle bucket is forgotten (and so is full again) when it expires; xtables only forgets it when its
 * garbage collection comes by, some time within --hashlimit-htable-gcinterval after that.
 *
 * Ports: of TCP, UDP, UDP-Lite, DCCP, SCTP and ESP the first four bytes, of AH its SPI; other protocols
 * have none, and later fragments of IPv6 neither. Of IPv4's later fragments xtables takes whatever is there
 * (nft finds it behind a header without options only). Each has a set of its own.
 *
 * Rates by bytes are counted in steps of 16 with a burst that is never refilled, and --hashlimit-rate-match
 * compares whole windows: nft's limit does neither.
 */
#include "load_order.h"
#include "lower.h"
#include "rate.h"
#include "value.h"

#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter/xt_hashlimit.h>

enum { UPTO, ABOVE, MODE, SRCMASK, DSTMASK, NAME, BURST, SIZE, MAX, GCINTERVAL, EXPIRE, RATEMATCH, INTERVAL };

#define BURST_DEFAULT 5       /* XT_HASHLIMIT_BURST */
#define BURST_MAX     1000000 /* XT_HASHLIMIT_BURST_MAX */
#define TABLE_MAX     1048576 /* HASHLIMIT_MAX_SIZE */
#define MAX_DEFAULT   65536   /* htable_create() with 1 GiB of memory or more */

/* user2credits(): 2^39 credits a jiffy at HZ=250 (2^37 at HZ=1000), scaled by 10^6. */
#define CREDITS_PER_UNIT 137438953ULL

/* --hashlimit-upto: lo and hi of num hold rate and seconds; by bytes, hi is 0 and lo bytes per second. */
static bool parse_bytes(const struct ext_parse *p, uint64_t n, const char *rest, size_t len, struct arg *out)
{
	uint64_t factor = *rest == 'k' ? 1024 : *rest == 'm' ? 1024 * 1024 : 1;

	if (factor > 1) {
		rest++;
		len--;
	}
	if (len < 3 || memcmp(rest, "b/s", 3) != 0)
		return ext_value_error(p, "'%.*s' is not a rate", (int)p->word->len, p->word->s);
	out->num.lo = n * factor;
	out->num.hi = 0;
	if (!n || out->num.lo >> XT_HASHLIMIT_BYTE_SHIFT >= UINT32_MAX)
		return ext_value_error(p, "'%.*s' is out of range", (int)p->word->len, p->word->s);
	return true;
}

static bool parse_rate(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s;
	size_t len = p->word->len, used;
	uint64_t n;

	if (!value_u64_prefix(s, len, &n, &used))
		return ext_value_error(p, "'%.*s' is not a rate", (int)len, s);
	if (used < len && s[used] != '/')
		return parse_bytes(p, n, s + used, len - used, out);
	out->num.hi = PER_SECOND;
	if (used < len && (used + 1 == len || !(out->num.hi = rate_unit(s + used + 1, len - used - 1))))
		return ext_value_error(p, "'%.*s' is not second, minute, hour or day", (int)(len - used - 1),
				       s + used + 1);
	out->num.lo = n;
	if (!n || n > XT_HASHLIMIT_SCALE_v2 * out->num.hi)
		return ext_value_error(p, "'%.*s' is no rate up to %llu per second", (int)len, s,
				       XT_HASHLIMIT_SCALE_v2);
	return true;
}

/* A number of packets, or of bytes with b, kb or mb. */
static bool parse_burst(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s;
	size_t len = p->word->len, used;

	if (!value_u64_prefix(s, len, &out->num.lo, &used) || !out->num.lo || out->num.lo > UINT32_MAX)
		return ext_value_error(p, "'%.*s' is not a burst", (int)len, s);
	if (used < len && (s[used] == 'k' || s[used] == 'm'))
		out->num.lo *= s[used] == 'k' ? 1024 : 1024 * 1024;
	out->num.hi = used < len; /* bytes */
	return true;
}

static bool parse_mode(struct ext_parse *p, struct arg *out)
{
	static const struct ext_word words[] = { { "dstip", XT_HASHLIMIT_HASH_DIP },
						 { "srcip", XT_HASHLIMIT_HASH_SIP },
						 { "dstport", XT_HASHLIMIT_HASH_DPT },
						 { "srcport", XT_HASHLIMIT_HASH_SPT } };
	const char *s = p->word->s, *end = s + p->word->len;

	while (s < end) { /* strtok(): empty words don't count */
		const char *comma = memchr(s, ',', (size_t)(end - s)), *stop = comma ? comma : end;
		size_t i = 0, len = (size_t)(stop - s);

		while (i < 4 && (strlen(words[i].name) != len || memcmp(words[i].name, s, len) != 0))
			i++;
		if (i == 4 && len)
			return ext_value_error(p, "'%.*s' is not dstip, srcip, dstport or srcport", (int)len, s);
		if (i < 4)
			out->num.lo |= words[i].value;
		s = stop + 1;
	}
	return true;
}

#define BYTE_NOTE "packets per time only: xtables counts bytes in steps of 16"

static const struct ext_option options[] = {
	{ .name = "hashlimit-upto", .id = UPTO, .type = ARG_CUSTOM, .parse = parse_rate,
	  .flags = OPT_INVERT | OPT_REQUIRED, .excl = 1u << ABOVE, .metavar = "n[/second|/minute|/hour|/day]",
	  .help = "at most this average rate", .support = PARTLY, .note = BYTE_NOTE },
	{ .name = "hashlimit-above", .id = ABOVE, .type = ARG_CUSTOM, .parse = parse_rate, .flags = OPT_INVERT,
	  .excl = 1u << UPTO, .metavar = "n[/second|/minute|/hour|/day]", .help = "more than this rate",
	  .support = PARTLY, .note = BYTE_NOTE },
	{ .name = "hashlimit", .id = UPTO, .type = ARG_CUSTOM, .parse = parse_rate,
	  .flags = OPT_INVERT | OPT_ALIAS, .excl = 1u << ABOVE },
	{ .name = "hashlimit-mode", .id = MODE, .type = ARG_CUSTOM, .parse = parse_mode,
	  .metavar = "srcip,srcport,dstip,dstport", .help = "a bucket for each of these" },
	{ .name = "hashlimit-srcmask", .id = SRCMASK, .type = ARG_U8, .min = 0, .max = 128, .metavar = "prefix",
	  .help = "group source addresses" },
	{ .name = "hashlimit-dstmask", .id = DSTMASK, .type = ARG_U8, .min = 0, .max = 128, .metavar = "prefix",
	  .help = "group destination addresses" },
	{ .name = "hashlimit-name", .id = NAME, .type = ARG_STRING, .flags = OPT_REQUIRED, .min = 1, .max = 254,
	  .metavar = "name", .help = "the table of buckets; the first rule that names it says how it works" },
	{ .name = "hashlimit-burst", .id = BURST, .type = ARG_CUSTOM, .parse = parse_burst, .metavar = "n",
	  .help = "packets at once (default 5)" },
	{ .name = "hashlimit-htable-size", .id = SIZE, .type = ARG_U32, .max = UINT32_MAX, .metavar = "n",
	  .help = "hash buckets: only its effect on --hashlimit-htable-max counts" },
	{ .name = "hashlimit-htable-max", .id = MAX, .type = ARG_U32, .max = UINT32_MAX, .metavar = "n",
	  .help = "entries (default 65536)" },
	{ .name = "hashlimit-htable-gcinterval", .id = GCINTERVAL, .type = ARG_U32, .min = 1,
	  .max = UINT32_MAX, .metavar = "ms", .help = "between garbage collections: not needed" },
	{ .name = "hashlimit-htable-expire", .id = EXPIRE, .type = ARG_U32, .min = 1, .max = UINT32_MAX,
	  .metavar = "ms", .help = "life time of an idle bucket (default: the rate's unit)" },
	{ .name = "hashlimit-rate-match", .id = RATEMATCH, .type = ARG_NONE,
	  .help = "compare the rate without limiting it", .support = COMPAT,
	  .note = "nftables measures no rates" },
	{ .name = "hashlimit-rate-interval", .id = INTERVAL, .type = ARG_U32, .min = 1, .max = INT32_MAX,
	  .metavar = "seconds", .help = "for --hashlimit-rate-match", .support = COMPAT,
	  .note = "nftables measures no rates" },
	{ .name = NULL },
};

/* What the first rule of a table decides, and the rest of a use. */
struct bucket {
	uint32_t mode;
	bool bytes, ratematch;
	uint8_t srcmask, dstmask;
	uint64_t rate, unit, avg, burst;
	uint32_t max, expire;
};

struct hashlimit {
	struct bucket t;
	const char *name;
	bool above;
};

/* One name, with what all its rules say. */
struct shared {
	struct shared *next;
	const char *name;
	struct bucket t;
	const char *reason;
	struct ir_set *sets[4]; /* by struct group's kind */
};

static void decode_table(struct bucket *t, const struct ext_use *u, unsigned width)
{
	const struct arg *mode = use_arg(u, MODE), *src = use_arg(u, SRCMASK), *dst = use_arg(u, DSTMASK);
	const struct arg *size = use_arg(u, SIZE), *max = use_arg(u, MAX), *expire = use_arg(u, EXPIRE);
	uint32_t buckets = size ? (uint32_t)size->num.lo : 0;

	t->mode = mode ? (uint32_t)mode->num.lo : 0;
	t->srcmask = (uint8_t)(src ? src->num.lo : width);
	t->dstmask = (uint8_t)(dst ? dst->num.lo : width);
	if (!(t->mode & XT_HASHLIMIT_HASH_SIP)) /* not looked at */
		t->srcmask = 0;
	if (!(t->mode & XT_HASHLIMIT_HASH_DIP))
		t->dstmask = 0;
	t->ratematch = use_arg(u, RATEMATCH);
	if (buckets > TABLE_MAX)
		buckets = TABLE_MAX;
	t->max = max ? (uint32_t)max->num.lo : 0;
	if (t->max > TABLE_MAX)
		t->max = TABLE_MAX;
	if (!t->max)
		t->max = buckets ? 8 * buckets : MAX_DEFAULT;
	else if (t->max < buckets)
		t->max = buckets;
	t->expire = expire ? (uint32_t)expire->num.lo : (uint32_t)t->unit * 1000;
}

static void decode(const struct ext_use *u, unsigned family, struct hashlimit *h)
{
	const struct arg *upto = use_arg(u, UPTO), *rate = upto ? upto : use_arg(u, ABOVE);
	const struct arg *burst = use_arg(u, BURST);

	memset(h, 0, sizeof(*h));
	h->name = use_arg(u, NAME)->str.s;
	h->above = rate->invert != !upto;
	h->t.bytes = !rate->num.hi;
	h->t.rate = rate->num.lo;
	h->t.unit = rate->num.hi;
	h->t.burst = burst ? burst->num.lo : BURST_DEFAULT;
	if (!h->t.bytes)
		h->t.avg = XT_HASHLIMIT_SCALE_v2 * h->t.unit / h->t.rate;
	decode_table(&h->t, u, family == FAMILY_IPV6 ? 128 : 32);
}

static bool check_masks(struct ruleset *rs, const struct ext_use *u)
{
	for (unsigned i = 0; i < u->nargs; i++)
		if ((u->args[i].id == SRCMASK || u->args[i].id == DSTMASK) && rs->family == FAMILY_IPV4 &&
		    u->args[i].num.lo > 32) {
			diag_error(rs->diags, u->args[i].value, "an IPv4 prefix has at most 32 bits");
			return false;
		}
	return true;
}

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *name = use_arg(u, NAME), *burst = use_arg(u, BURST);
	struct hashlimit h;

	(void)r;
	if (strchr(name->str.s, '/') || !strcmp(name->str.s, ".") || !strcmp(name->str.s, "..")) {
		diag_error(rs->diags, name->value, "--hashlimit-name: '%s' can't be the name of a file",
			   name->str.s);
		return false;
	}
	if (!check_masks(rs, u))
		return false;
	decode(u, rs->family, &h);
	if (!h.t.bytes && burst && h.t.burst > BURST_MAX) {
		diag_error(rs->diags, burst->value, "--hashlimit-burst: more than %d packets", BURST_MAX);
		return false;
	}
	/* hashlimit_mt_check_common() notices an overflow when it makes the credit smaller. */
	if (!h.t.bytes && !h.t.ratematch &&
	    h.t.avg * h.t.burst * CREDITS_PER_UNIT < h.t.avg * CREDITS_PER_UNIT) {
		diag_error(rs->diags, u->at, "the kernel refuses this rate and burst: their product overflows");
		return false;
	}
	return true;
}

static const char *judge(const struct bucket *t)
{
	if (t->ratematch)
		return "nftables measures no rates (--hashlimit-rate-match)";
	if (t->bytes)
		return "xtables counts bytes in steps of 16, which nftables doesn't";
	if (t->avg * t->burst > UINT64_MAX / CREDITS_PER_UNIT)
		return "its burst overflows in the kernel";
	return NULL;
}

static void add_use(struct lower *l, const struct ext_use *u, struct shared **all)
{
	struct hashlimit h;
	struct shared *s = *all;

	decode(u, l->family, &h);
	while (s && strcmp(s->name, h.name) != 0)
		s = s->next;
	if (!s) {
		s = ARENA_NEW(l->arena, struct shared);
		s->name = h.name;
		s->t = h.t;
		s->reason = judge(&h.t);
		s->next = *all;
		*all = s;
	} else if (s->t.ratematch != h.t.ratematch) { /* hashlimit_mt_check_common(): -EINVAL */
		diag_error(l->ir->diags, u->at, "the rules of table '%s' do not agree on --hashlimit-rate-match",
			   h.name);
	} else if (!s->reason && s->t.bytes != h.t.bytes) {
		s->reason = "some of its rules count bytes and some packets";
	} else if (memcmp(&s->t, &h.t, sizeof(h.t)) != 0) {
		diag_add(l->ir->diags, IPTC2NFT_SEV_WARNING, u->at,
			 "the table '%s' keeps the rate, mode and limits of the rule that is loaded first",
			 h.name);
	}
}

static struct shared *shared_find(struct lower *l, const struct ext *e, const char *name)
{
	struct shared **all = (struct shared **)lower_note(l, e), *s = *all;

	if (!s) {
		uint32_t n;
		const struct rule **r = load_order(l->rs, &n);

		for (uint32_t i = 0; i < n; i++)
			for (unsigned m = 0; r[i]->spec && m < r[i]->spec->nmatches; m++)
				if (r[i]->spec->matches[m].ext == e)
					add_use(l, &r[i]->spec->matches[m], all);
	}
	for (s = *all; strcmp(s->name, name) != 0;)
		s = s->next;
	return s;
}

/* Packets that have the same kind of key. */
struct group {
	enum { PORTS, SPI, NO_PORTS, FRAGMENT } kind;
	bool fragment;
	bool tested; /* the rule tests the protocol already */
	struct operand key[4];
	uint8_t nkey;
};

static const uint8_t port_protos[] = { IPPROTO_TCP, IPPROTO_UDP,  IPPROTO_DCCP,
				       IPPROTO_ESP, IPPROTO_SCTP, IPPROTO_UDPLITE, IPPROTO_AH };

static struct operand address(struct lower *l, enum field_id f, unsigned prefix)
{
	uint8_t mask[16] = { 0 };

	if (prefix == (lower_v6(l) ? 128 : 32))
		return operand_of(f);
	for (unsigned i = 0; i < prefix; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return operand_and_bytes(l, operand_of(f), mask);
}

static void fill_key(struct lower *l, const struct bucket *t, struct group *g)
{
	bool sport = t->mode & XT_HASHLIMIT_HASH_SPT, dport = t->mode & XT_HASHLIMIT_HASH_DPT;

	if (t->mode & XT_HASHLIMIT_HASH_SIP)
		g->key[g->nkey++] = address(l, field_saddr(l), t->srcmask);
	if (t->mode & XT_HASHLIMIT_HASH_DIP)
		g->key[g->nkey++] = address(l, field_daddr(l), t->dstmask);
	if (g->kind == PORTS && sport)
		g->key[g->nkey++] = operand_of(FIELD_TH_SPORT);
	if (g->kind == PORTS && dport)
		g->key[g->nkey++] = operand_of(FIELD_TH_DPORT);
	if (g->kind == SPI)
		g->key[g->nkey++] = sport && dport
					    ? operand_of(FIELD_AH_SPI)
					    : operand_and(l, operand_of(FIELD_AH_SPI), sport ? 0xffff0000 : 0xffff);
	if (g->kind == FRAGMENT)
		g->key[g->nkey++] = operand_raw(BASE_NH, sport ? 160 : 176, sport && dport ? 32 : 16);
	if (!g->nkey) /* one bucket for all: a key that is always 0 */
		g->key[g->nkey++] = address(l, field_saddr(l), 0);
}

/* A match before this one has seen the transport header, or connection tracking has. */
static bool no_fragments(const struct lower *l)
{
	if (l->chain->table == TABLE_NAT)
		return true;
	for (const struct inst *i = l->out->clauses->first; i; i = i->next)
		if (i->kind == INST_NEED_HEADER && i->need_header.bytes)
			return true;
	return false;
}

static unsigned groups_of(struct lower *l, const struct bucket *t, struct group *out)
{
	bool ports = t->mode & (XT_HASHLIMIT_HASH_SPT | XT_HASHLIMIT_HASH_DPT);
	bool only = l->spec->proto && !l->spec->proto_invert, has = false;
	unsigned n = ports && !only ? 3 : 1;

	memset(out, 0, 4 * sizeof(*out));
	for (unsigned i = 0; i < sizeof(port_protos); i++)
		has = has || port_protos[i] == l->spec->proto;
	for (unsigned i = 0; i < n; i++) {
		out[i].kind = n == 3                          ? i
			      : !ports || !has                ? NO_PORTS
			      : l->spec->proto == IPPROTO_AH ? SPI
							     : PORTS;
		out[i].tested = n == 1;
	}
	if (out[0].kind != NO_PORTS && !no_fragments(l)) {
		out[n].kind = lower_v6(l) ? NO_PORTS : FRAGMENT;
		out[n].tested = out[0].tested;
		out[n++].fragment = true;
	}
	for (unsigned i = 0; i < n; i++)
		fill_key(l, t, &out[i]);
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
		lower_need_header(l, g->kind == SPI ? IPPROTO_AH : (uint8_t)(g->tested ? l->spec->proto : 0),
				  g->kind == SPI ? 8 : 4, false);
}

static struct ir_set *set_for(struct lower *l, struct shared *s, const struct group *g)
{
	static const char *const suffix[] = { "", ".spi", ".no-port", ".fragment" };
	bool ports = s->t.mode & (XT_HASHLIMIT_HASH_SPT | XT_HASHLIMIT_HASH_DPT), fresh;
	struct ir_set *set = s->sets[g->kind];

	if (set)
		return set;
	set = lower_set_named(l, arena_printf(l->arena, "hashlimit%s.%s", ports ? suffix[g->kind] : "", s->name),
			      &fresh);
	s->sets[g->kind] = set;
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
 * xtables keeps 10^6 seconds/rate as an integer; where that is a coarse number, the rate that comes of it
 * is written per day.
 */
static void exact_rate(const struct bucket *t, struct inst_limit *i)
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

static void lower(struct lower *l, const struct ext_use *u)
{
	struct hashlimit h;
	struct shared *s;
	struct group g[4];
	unsigned n;

	decode(u, l->family, &h);
	s = shared_find(l, u->ext, h.name);
	if (s->reason) {
		lower_refuse(l, u, u->at, NULL, "the table '%s' has no form in nftables: %s", s->name, s->reason);
		return;
	}
	n = groups_of(l, &s->t, g);
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

/* bytes_to_cost() and cost_to_bytes() of libxt_hashlimit.c */
static void compat_bytes(const struct ext_use *u, const struct hashlimit *h, struct hashlimit_cfg3 *cfg)
{
	uint64_t cost = UINT32_MAX / ((h->t.rate >> XT_HASHLIMIT_BYTE_SHIFT) + 1);
	uint64_t step = ((cost ? UINT32_MAX / cost : UINT32_MAX) - 1) << XT_HASHLIMIT_BYTE_SHIFT;
	bool burst = use_arg(u, BURST);

	cfg->mode |= XT_HASHLIMIT_BYTES;
	cfg->avg = cost;
	cfg->burst = burst && step ? (h->t.burst + step - 1) / step : 0;
	if (!use_arg(u, EXPIRE))
		cfg->expire = burst ? 60 * 1000 : 15 * 1000; /* XT_HASHLIMIT_BYTE_EXPIRE_BURST, …_EXPIRE */
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_hashlimit_mtinfo3 *info = ARENA_NEW(l->arena, struct xt_hashlimit_mtinfo3);
	const struct arg *gc = use_arg(u, GCINTERVAL), *size = use_arg(u, SIZE), *max = use_arg(u, MAX);
	const struct arg *interval = use_arg(u, INTERVAL);
	struct hashlimit h;

	decode(u, l->family, &h);
	memcpy(info->name, h.name, strlen(h.name));
	info->cfg.avg = h.t.avg;
	info->cfg.burst = h.t.burst;
	info->cfg.mode = h.t.mode | (h.above ? XT_HASHLIMIT_INVERT : 0);
	info->cfg.size = size ? (uint32_t)size->num.lo : 0;
	info->cfg.max = max ? (uint32_t)max->num.lo : 0;
	info->cfg.gc_interval = gc ? (uint32_t)gc->num.lo : 1000;
	info->cfg.expire = h.t.expire;
	info->cfg.srcmask = (uint8_t)(use_arg(u, SRCMASK) ? use_arg(u, SRCMASK)->num.lo : lower_v6(l) ? 128 : 32);
	info->cfg.dstmask = (uint8_t)(use_arg(u, DSTMASK) ? use_arg(u, DSTMASK)->num.lo : lower_v6(l) ? 128 : 32);
	if (h.t.bytes)
		compat_bytes(u, &h, &info->cfg);
	if (interval)
		info->cfg.interval = (uint32_t)interval->num.lo;
	if (h.t.ratematch) {
		info->cfg.mode |= XT_HASHLIMIT_RATE_MATCH;
		if (!h.t.bytes)
			info->cfg.avg /= h.t.unit;
		if (!info->cfg.interval)
			info->cfg.interval = h.t.bytes ? 1 : (uint32_t)h.t.unit;
	}
	*blob = (struct compat_blob){ "hashlimit", 3, info, sizeof(*info) };
	return true;
}

const struct ext match_hashlimit = {
	.name = "hashlimit",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "token buckets by address and port",
};
