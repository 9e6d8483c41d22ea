/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * u32: net/netfilter/xt_u32.c, u32_match_it().
 *
 * A test loads 32 bits at a place of the packet, masks and shifts them, perhaps takes the result
 * for how far to move on (`@`) and loads again, and compares. Here the masks and shifts of a load
 * become one mask, with the values shifted the other way. A `@` becomes a rule for every number
 * that its mask leaves, where it leaves few; "0>>22&0x3C@", the IPv4 header's length, is nft's
 * transport header in rules that no later fragment gets to. A place beyond the packet fails on both
 * sides.
 */
#include "lower.h"
#include "blob.h"
#include "payload.h"
#include "sim/packet.h"
#include "u32_parse.h"

#include <string.h>
#include <linux/netfilter/xt_u32.h>

enum { U32 };

#define TESTS_MAX 10 /* XT_U32_MAXSIZE, of tests, operations and values */
#define PATHS_MAX 64
#define IHL_MIN   20

static const struct ext_option options[] = {
	{ .name = "u32", .id = U32, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .parse = u32_parse,
	  .metavar = "test[&&test…]", .help = "start[&mask|<<n|>>n|@offset…]=value[:value][,…]",
	  .support = PARTLY,
	  .note = "where the numbers before @ can have few values; not behind byte 255 before "
		  "Linux 6.18" },
	{ .name = NULL },
};

/* 32 bits at a place: their masked value, shifted right (left when negative), is what u32 goes on
 * with. */
struct load {
	uint8_t base;
	uint32_t at;
	uint32_t mask;
	int shift;
};

struct condition {
	struct load load;
	uint32_t value; /* of the masked bits, where they are */
};

/* One way through the numbers before every @ of a test. */
struct path {
	struct path *next;
	uint32_t moved; /* sum of the moves, from the last load's base */
	unsigned n;
	struct condition conditions[TESTS_MAX];
	struct load last;
};

struct paths {
	struct lower *l;
	const struct xt_u32_test *test;
	struct path *first, **end;
	unsigned n;
	bool no_fragments, too_far, too_many;
};

static uint32_t shifted(uint32_t v, int right)
{
	if (right <= -32 || right >= 32)
		return 0;
	return right < 0 ? v << -right : v >> right;
}

/* Bits that leave the 32 on either side are lost. */
static void shift(struct load *x, int right)
{
	x->shift += right;
	if (x->shift > 32 || x->shift < -32)
		x->shift = x->shift < 0 ? -32 : 32;
	x->mask &= shifted(UINT32_MAX, -x->shift);
}

static void follow(struct paths *ps, struct path *p, unsigned i);

/* Load at @start of the path's place; false: no packet reaches there, or nft does not. */
static bool load(struct paths *ps, struct path *p, uint8_t base, uint32_t start)
{
	uint64_t at = (uint64_t)p->moved + start;

	p->last = (struct load){ base, (uint32_t)at, UINT32_MAX, 0 };
	if (at <= payload_offset_max(ps->l))
		return true;
	if (at <= UINT16_MAX)
		ps->too_far = true;
	return false;
}

static bool is_header_length(const struct paths *ps, const struct path *p)
{
	const struct load *x = &p->last;

	return !lower_v6(ps->l) && !p->n && x->base == BASE_NH && !x->at && x->mask == 0x0f000000 &&
	       x->shift == 22;
}

/* @: go on with every number that the mask leaves; an IPv4 header has 20 bytes at least. */
static void each_number(struct paths *ps, const struct path *p, unsigned i)
{
	bool ihl = is_header_length(ps, p);
	uint32_t mask = p->last.mask, v = 0, start = ps->test->location[i].number;

	do {
		struct path next = *p;
		uint32_t move = shifted(v, p->last.shift);

		if (ihl && ps->no_fragments) {
			next.moved = 0;
			if (load(ps, &next, BASE_TH, start))
				follow(ps, &next, i + 1);
			return;
		}
		next.conditions[next.n++] = (struct condition){ p->last, v };
		next.moved += move;
		if ((!ihl || move >= IHL_MIN) && next.moved >= move &&
		    load(ps, &next, p->last.base, start))
			follow(ps, &next, i + 1);
		v = (v - mask) & mask; /* the next one that fits the mask */
	} while (v && !ps->too_many && !ps->too_far);
}

/* The operations from the i-th on. */
static void follow(struct paths *ps, struct path *p, unsigned i)
{
	for (; i < ps->test->nnums; i++) {
		const struct xt_u32_location_element *o = &ps->test->location[i];

		switch (o->nextop) {
		case XT_U32_AND: p->last.mask &= shifted(o->number, -p->last.shift); break;
		case XT_U32_LEFTSH: shift(&p->last, -(int)o->number); break;
		case XT_U32_RIGHTSH: shift(&p->last, (int)o->number); break;
		case XT_U32_AT: each_number(ps, p, i); return;
		}
	}
	if (ps->n == PATHS_MAX) {
		ps->too_many = true;
		return;
	}

	struct path *kept = ARENA_NEW(ps->l->arena, struct path);

	*kept = *p;
	kept->next = NULL;
	*ps->end = kept;
	ps->end = &kept->next;
	ps->n++;
}

static struct operand loaded(struct lower *l, const struct load *x)
{
	struct operand o = operand_raw((enum payload_base)x->base, x->at * 8, 32);

	return x->mask == UINT32_MAX ? o : operand_and(l, o, x->mask);
}

/* nft wants no range twice: what overlaps becomes one. */
static uint32_t add_range(struct arg_range *r, uint32_t n, uint64_t lo, uint64_t hi)
{
	for (uint32_t i = 0; i < n;) {
		if (r[i].lo > hi + 1 || lo > r[i].hi + 1) {
			i++;
			continue;
		}
		lo = r[i].lo < lo ? r[i].lo : lo;
		hi = r[i].hi > hi ? r[i].hi : hi;
		r[i] = r[--n];
		i = 0;
	}
	r[n] = (struct arg_range){ lo, hi };
	return n + 1;
}

/* The values that the masked bits have where they are. */
static void compare(struct lower *l, const struct xt_u32_test *t, const struct load *x)
{
	struct arg_range r[TESTS_MAX];
	uint32_t n = 0, widest = shifted(UINT32_MAX, x->shift > 0 ? x->shift : 0);

	for (unsigned i = 0; i < t->nvalues; i++) {
		uint64_t lo = t->value[i].min, hi = t->value[i].max;

		if (hi > widest)
			hi = widest;
		if (x->shift < 0) { /* only multiples */
			lo = (lo + (1ull << -x->shift) - 1) >> -x->shift;
			hi >>= -x->shift;
		} else {
			lo <<= x->shift; /* the mask has no bits below */
			hi = (hi << x->shift) & UINT32_MAX;
		}
		if (t->value[i].min <= widest && lo <= hi)
			n = add_range(r, n, lo, hi);
	}
	if (!n)
		lower_never(l);
	else if (n == 1)
		lower_range(l, loaded(l, x), r[0].lo, r[0].hi, false);
	else
		lower_in(l, loaded(l, x), r, n, false);
}

static void one_path(struct lower *l, const struct xt_u32_test *t, const struct path *p)
{
	for (unsigned i = 0; i < p->n; i++)
		lower_eq(l, loaded(l, &p->conditions[i].load), p->conditions[i].value, false);
	compare(l, t, &p->last);
}

/* "4&0x1FFF=0", with or without shifts that drop nothing. */
static bool excludes_fragments(const struct lower *l, const struct xt_u32_test *t)
{
	return !lower_v6(l) && t->nnums == 2 && t->location[0].number == 4 &&
	       t->location[1].nextop == XT_U32_AND && (t->location[1].number & 0x1fff) == 0x1fff &&
	       t->nvalues == 1 && !(t->value[0].min & 0x1fff) && t->value[0].min == t->value[0].max;
}

static bool find_paths(struct lower *l, const struct xt_u32 *u, unsigned i, struct paths *ps)
{
	struct path start = { 0 };

	*ps = (struct paths){ .l = l, .test = &u->tests[i], .no_fragments = lower_no_fragments(l) };
	ps->end = &ps->first;
	for (unsigned k = 0; k < i; k++)
		ps->no_fragments |= excludes_fragments(l, &u->tests[k]);
	for (unsigned k = 1; k < ps->test->nnums; k++)
		if ((ps->test->location[k].nextop == XT_U32_LEFTSH ||
		     ps->test->location[k].nextop == XT_U32_RIGHTSH) &&
		    ps->test->location[k].number > 31)
			return false;
	if (load(ps, &start, BASE_NH, ps->test->location[0].number))
		follow(ps, &start, 1);
	return !ps->too_far && !ps->too_many;
}

static void lower_tests(struct lower *l, const struct paths *ps, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct path *p = ps[i].first;

		if (!p)
			lower_never(l);
		if (ps[i].n > 1)
			lower_fork(l, ps[i].n);
		for (unsigned k = 0; p; p = p->next, k++) {
			lower_branch(l, ps[i].n > 1 ? (int)k : -1);
			one_path(l, ps[i].test, p);
		}
		lower_branch(l, -1);
	}
}

static bool bytes_at(const struct sim_packet *p, uint64_t at, uint32_t *out)
{
	if (at + 4 > p->len)
		return false;
	*out = get32(p->data + at);
	return true;
}

static bool test_holds(const struct xt_u32_test *t, const struct sim_packet *p)
{
	uint64_t moved = 0;
	uint32_t v;

	if (!bytes_at(p, t->location[0].number, &v))
		return false;
	for (unsigned i = 1; i < t->nnums; i++) {
		uint32_t n = t->location[i].number;

		switch (t->location[i].nextop) {
		case XT_U32_AND: v &= n; break;
		case XT_U32_LEFTSH: v = shifted(v, -(int)(n & 31)); break;
		case XT_U32_RIGHTSH: v = shifted(v, (int)(n & 31)); break;
		case XT_U32_AT:
			moved += v;
			if (!bytes_at(p, moved + n, &v))
				return false;
			break;
		}
	}
	for (unsigned i = 0; i < t->nvalues; i++)
		if (t->value[i].min <= v && v <= t->value[i].max)
			return true;
	return false;
}

/* For the simulator: u32_match_it(). */
static int eval(const struct ext_use *use, struct sim_packet *p)
{
	const struct xt_u32 *u = use->args[0].custom;
	bool all = true;

	for (unsigned i = 0; all && i < u->ntests; i++)
		all = test_holds(&u->tests[i], p);
	return all != use->args[0].invert;
}

static void lower(struct lower *l, const struct ext_use *use)
{
	const struct arg *a = &use->args[0];
	const struct xt_u32 *u = a->custom;
	struct paths *ps = arena_array(l->arena, u->ntests, sizeof(*ps));
	unsigned clauses = 1;

	l->at = a->at;
	for (unsigned i = 0; i < u->ntests; i++) {
		if (!find_paths(l, u, i, &ps[i])) {
			lower_refuse(
				l, use, a->value, eval,
				ps[i].too_far
					? "--u32: nftables can look at bytes 0 to %u of a packet"
				: ps[i].too_many
					? "--u32: the number before @ can have too many values"
					: "--u32: a shift by more than 31 bits is undefined",
				payload_offset_max(l));
			return;
		}
		clauses *= ps[i].n ? ps[i].n : 1;
		if (clauses > LOWER_CLAUSES_MAX) {
			lower_refuse(l, use, a->value, eval,
				     "--u32: the numbers before @ can have too many values");
			return;
		}
	}
	if (!a->invert) {
		lower_tests(l, ps, u->ntests);
		return;
	}
	lower_split(l);
	lower_tests(l, ps, u->ntests);
	lower_verdict(l, VERDICT_RETURN);
	lower_continue(l);
}

static bool compat(struct lower *l, const struct ext_use *use, struct compat_blob *blob)
{
	struct xt_u32 *info = blob_new(l, blob, "u32", 0, sizeof(*info));

	*info = *(const struct xt_u32 *)use->args[0].custom;
	info->invert = use->args[0].invert;
	return true;
}

const struct ext match_u32 = {
	.name = "u32",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "bits of the packet, at a place that may depend on others",
};
