/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * space: small fields (flags, protocols, states) are tried value by value; of the others the ranges
 * that remain are computed.
 */
#include "verify/space.h"

#include <netinet/in.h>
#include <stdlib.h>
#include "sim/packet.h"
#include "verify/plan_value.h"
#include "verify/space_ranges.h"

const struct inst_test space_no_rule_untracks = { .lhs = { .field = FIELD_CT_STATE },
						  .op = TEST_GE };

bool space_same(const struct operand *a, const struct operand *b)
{
	const struct field_info *f = &field_table[a->field];

	if (a->field != b->field || a->dir != b->dir || a->exists != b->exists)
		return false;
	if (f->kind == KIND_RAW)
		return a->raw.base == b->raw.base && a->raw.off == b->raw.off &&
		       a->raw.bits == b->raw.bits;
	if (f->kind == KIND_FIB)
		return a->fib.flags == b->fib.flags;
	if (f->kind == KIND_EXTHDR || f->kind == KIND_TCPOPT || f->kind == KIND_IPOPT ||
	    f->kind == KIND_SCTPCHUNK)
		return a->hdr.type == b->hdr.type &&
		       (a->exists || (a->hdr.off == b->hdr.off && a->hdr.bits == b->hdr.bits));
	if (f->kind == KIND_GEN || f->kind == KIND_SOCKET || f->kind == KIND_IPSEC ||
	    f->kind == KIND_OSF)
		return a == b;
	return true;
}

static bool same_xforms(const struct operand *a, const struct operand *b)
{
	if (a->nxf != b->nxf)
		return false;
	for (unsigned i = 0; i < a->nxf; i++)
		if (a->xf[i].op != b->xf[i].op || a->xf[i].shift != b->xf[i].shift ||
		    memcmp(&a->xf[i].value, &b->xf[i].value, sizeof(a->xf[i].value)) != 0)
			return false;
	return true;
}

/* Every packet has it. */
static bool always_there(const struct operand *o)
{
	switch (o->field) {
	case FIELD_META_IIFNAME:
	case FIELD_META_OIFNAME:
	case FIELD_META_MARK:
	case FIELD_META_PKTTYPE:
	case FIELD_META_LENGTH:
	case FIELD_CT_STATE: return true;
	default:
		return field_table[o->field].kind == KIND_PAYLOAD &&
		       field_table[o->field].base == BASE_NH;
	}
}

/* Where the bits of a field in the transport header end; 0: it is elsewhere. */
static unsigned end_in_transport(const struct operand *o)
{
	const struct field_info *f = &field_table[o->field];

	if (f->kind == KIND_PAYLOAD && f->base == BASE_TH)
		return f->off + f->bits;
	if (f->kind == KIND_RAW && o->raw.base == BASE_TH)
		return o->raw.off + o->raw.bits;
	return 0;
}

static bool small_fits(const struct fact *facts, const struct operand *o, const struct value *list,
		       unsigned n);

/* There is a connection, by the facts. */
static bool has_connection(const struct fact *facts)
{
	const struct operand state = operand_of(FIELD_CT_STATE);
	const struct value none[] = { value_num(PACKET_STATE_INVALID, 4),
				      value_num(PACKET_STATE_UNTRACKED, 4) };

	return !small_fits(facts, &state, none, 2);
}

/* It is there, by one of the facts: looked at with success, or a later part of the same header is.
 */
static bool is_there(const struct fact *facts, const struct operand *o)
{
	unsigned end = end_in_transport(o);

	if (always_there(o) || (o->field == FIELD_CT_MARK && has_connection(facts)))
		return true;
	for (const struct fact *f = facts; f; f = f->before)
		if (f->holds && (space_same(&f->test->lhs, o) ||
				 (end && end_in_transport(&f->test->lhs) >= end)))
			return true;
	return false;
}

/* The header without which connection tracking takes a packet for invalid, in bits. */
static unsigned tracked_header(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP: return 160;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return 64;
	default: return 0;
	}
}

/* It is cut short there, or a later fragment, by the facts. */
static bool cut_short(const struct fact *facts)
{
	static const struct value none;
	unsigned whole = 0;

	for (const struct fact *f = facts; f; f = f->before)
		if (f->holds && f->test->lhs.field == FIELD_META_L4PROTO && !f->test->lhs.nxf &&
		    f->test->op == TEST_EQ)
			whole = tracked_header(f->test->value.b[0]);
	for (const struct fact *f = facts; f; f = f->before) {
		unsigned end = end_in_transport(&f->test->lhs);

		if (!f->holds && end && end <= whole && f->test->op == TEST_GE &&
		    !f->test->lhs.nxf && !memcmp(&f->test->value, &none, sizeof(none)))
			return true;
	}
	return false;
}

/* Nothing but a rule keeps it away from connection tracking, as the kernel does with ICMPv6; none
 * does. */
static bool surely_tracked(const struct fact *facts)
{
	bool transport = false, none = false;

	for (const struct fact *f = facts; f; f = f->before) {
		transport |=
			f->holds && f->test->lhs.field == FIELD_META_L4PROTO && !f->test->lhs.nxf &&
			f->test->op == TEST_EQ &&
			(f->test->value.b[0] == IPPROTO_TCP || f->test->value.b[0] == IPPROTO_UDP);
		none |= f->test == &space_no_rule_untracks;
	}
	return transport && none;
}

/* The values of a field that are worth trying; 0: too many. */
static unsigned small(const struct fact *facts, const struct operand *o, struct value *list)
{
	static const uint8_t states[] = { PACKET_STATE_INVALID, PACKET_STATE_UNTRACKED,
					  PACKET_STATE_NEW, PACKET_STATE_ESTABLISHED,
					  PACKET_STATE_RELATED };
	unsigned bits = operand_bits(o);

	if (o->field == FIELD_CT_STATE) {
		unsigned n = 0;

		for (unsigned i = 0; i < (cut_short(facts) ? 2 : sizeof(states)); i++)
			if (states[i] != PACKET_STATE_UNTRACKED || !surely_tracked(facts))
				list[n++] = value_num(states[i], 4);
		return n;
	}
	if (bits > 8)
		return 0;
	for (unsigned i = 0; i < 1u << bits; i++)
		list[i] = value_num(i, 1);
	return 1u << bits;
}

static bool small_fits(const struct fact *facts, const struct operand *o, const struct value *list,
		       unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		bool all = true;

		for (const struct fact *f = facts; f && all; f = f->before)
			all = !space_same(&f->test->lhs, o) ||
			      plan_test_value(f->test, &list[i]) == f->holds;
		if (all)
			return true;
	}
	return false;
}

/* One mask whose bits are the first ones; the range of values that differ in the others only. */
static bool prefix_mask(const struct operand *o, struct value *rest)
{
	unsigned bytes = operand_bytes(o);
	bool ended = false;

	*rest = (struct value){ { 0 } };
	if (!o->nxf)
		return true;
	if (o->nxf > 1 || o->xf->op != XFORM_AND || operand_bits(o) % 8)
		return false;
	for (unsigned i = 0; i < bytes * 8; i++) {
		bool set = o->xf->value.b[i / 8] >> (7 - i % 8) & 1;

		if (set && ended)
			return false;
		ended |= !set;
		if (!set)
			rest->b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	return true;
}

static unsigned begin_in_transport(const struct operand *o)
{
	return field_table[o->field].kind == KIND_RAW ? o->raw.off : field_table[o->field].off;
}

/* A field of whole bytes that @o, of whole bytes and not masked, begins with. */
static bool begins(const struct operand *inner, const struct operand *o)
{
	unsigned end = end_in_transport(inner), all = end_in_transport(o);

	return end && all && begin_in_transport(inner) == begin_in_transport(o) && end < all &&
	       !inner->nxf && !o->nxf && !(operand_bits(inner) % 8) && !(operand_bits(o) % 8);
}

/* What is known of the first bytes. */
static void by_beginning(const struct fact *facts, const struct operand *o, struct ranges *all,
			 struct ranges *one)
{
	unsigned bytes = operand_bytes(o);
	static const struct value none;

	for (const struct fact *f = facts; f && all->n; f = f->before) {
		unsigned n = operand_bytes(&f->test->lhs);

		if (!f->holds || !begins(&f->test->lhs, o))
			continue;
		ranges_passing(f->test, &none, one);
		for (unsigned i = 0; i < one->n; i++)
			for (unsigned b = n; b < bytes; b++) {
				one->r[i].lo.b[b] = 0;
				one->r[i].hi.b[b] = 0xff;
			}
		ranges_intersect(all, one, bytes);
	}
}

/*
 * Does the value of a field leave those that begin within it and end behind it one? Both of whole
 * bytes. Of those facts that hold.
 */
static bool overlaps_fit(const struct fact *facts, const struct operand *o, const struct value *v,
			 struct ranges *one)
{
	unsigned from = begin_in_transport(o), end = end_in_transport(o);
	static const struct value none;

	for (const struct fact *f = facts; f && end && !o->nxf; f = f->before) {
		const struct operand *q = &f->test->lhs;
		unsigned start = begin_in_transport(q), stop = end_in_transport(q);
		struct ranges known = { .n = 1 };

		if (!f->holds || !stop || q->nxf || start <= from || start >= end || stop <= end ||
		    (from | end | start | stop) % 8)
			continue;
		memset(&known.r[0], 0, sizeof(known.r[0]));
		memset(known.r[0].hi.b, 0xff, (stop - start) / 8);
		memcpy(known.r[0].lo.b, v->b + (start - from) / 8, (end - start) / 8);
		memcpy(known.r[0].hi.b, v->b + (start - from) / 8, (end - start) / 8);
		ranges_passing(f->test, &none, one);
		ranges_intersect(&known, one, operand_bytes(q));
		if (!known.n)
			return false;
	}
	return true;
}

static bool ranges_fit(const struct fact *facts, const struct fact *of)
{
	const struct operand *o = &of->test->lhs;
	struct ranges *all = malloc(sizeof(*all)), *one = malloc(sizeof(*one));
	struct value rest, none = { { 0 } }, max;
	bool plain = prefix_mask(o, &rest), fits = true;

	if (all && one) {
		ranges_largest(o, &max);
		*all = (struct ranges){ .n = 0 };
		ranges_put(all, &none, &max, &none);
		for (const struct fact *f = facts; f && all->n; f = f->before) {
			bool this_plain = prefix_mask(&f->test->lhs, &rest);

			if (!space_same(&f->test->lhs, o) ||
			    (plain ? !this_plain : !same_xforms(&f->test->lhs, o)))
				continue;
			ranges_passing(f->test, plain ? &rest : &none, one);
			if (!f->holds && !one->many)
				ranges_complement(o, one);
			ranges_intersect(all, one, operand_bytes(o));
		}
		by_beginning(facts, o, all, one);
		fits = all->n != 0;
		if (all->n == 1 && !memcmp(&all->r[0].lo, &all->r[0].hi, sizeof(all->r[0].lo)))
			fits = overlaps_fit(facts, o, &all->r[0].lo, one);
	}
	free(all);
	free(one);
	return fits;
}

/* Can the field that @of is about have a value? */
static bool has_value(const struct fact *facts, const struct fact *of)
{
	struct value list[256];
	unsigned n = small(facts, &of->test->lhs, list);

	return n ? small_fits(facts, &of->test->lhs, list, n) : ranges_fit(facts, of);
}

bool space_fits(const struct fact *latest)
{
	unsigned end = end_in_transport(&latest->test->lhs);

	if ((latest->holds || is_there(latest, &latest->test->lhs)) && !has_value(latest, latest))
		return false;
	/* There is a connection now: it has a mark. */
	for (const struct fact *f = latest->before;
	     f && latest->test->lhs.field == FIELD_CT_STATE && has_connection(latest);
	     f = f->before)
		if (f->test->lhs.field == FIELD_CT_MARK && !has_value(latest, f))
			return false;
	/* A header that turns out to be short leaves no connection; TCP turns out to be tracked. */
	for (const struct fact *f = latest->before;
	     f && (cut_short(latest) || surely_tracked(latest)); f = f->before)
		if (f->test->lhs.field == FIELD_CT_STATE && !has_value(latest, f))
			return false;
	/* What is there now may be more than this field. */
	if (!latest->holds || !end)
		return true;
	for (const struct fact *f = latest->before; f; f = f->before) {
		unsigned other = end_in_transport(&f->test->lhs);

		if (!f->holds && other && other <= end && !has_value(latest, f))
			return false;
		if (f->holds && begins(&latest->test->lhs, &f->test->lhs) && !has_value(latest, f))
			return false;
	}
	return true;
}
