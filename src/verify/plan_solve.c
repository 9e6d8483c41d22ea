/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_solve: a draft of a packet that has what is wanted.
 *
 * Every field is a small problem of its own: of the values at the edges of all its tests, the first
 * that does what all of them ask. Where fields depend on each other (overlapping bits, marks, translated
 * addresses) the simulator has the last word.
 */
#include "verify/plan_make.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include "sim/load.h"

bool plan_want_value(const struct plan_want *w, const struct value *v)
{
	unsigned bytes = operand_bytes(w->on);
	struct value x = *v;

	if (w->test)
		return plan_test_value(w->test, v) == w->hold;
	if (w->on->nxf)
		operand_transform(w->on, &x);
	return (memcmp(x.b, w->lo.b, bytes) >= 0 && memcmp(x.b, w->hi.b, bytes) <= 0) == w->hold;
}

static bool all_fit(const struct plan_want *const *w, unsigned n, const struct value *v)
{
	for (unsigned i = 0; i < n; i++)
		if (!plan_want_value(w[i], v))
			return false;
	return true;
}

static void shuffle(struct planner *pl, struct plan_values *l)
{
	for (uint32_t i = l->n; i > 1; i--) {
		uint32_t k = plan_below(&pl->random, i);
		struct value v = l->v[k];

		l->v[k] = l->v[i - 1];
		l->v[i - 1] = v;
	}
}

static bool chosen(const struct plan_want *const *w, unsigned n, struct value *out)
{
	for (unsigned i = 0; i < n; i++)
		if (w[i]->chosen) {
			*out = w[i]->choice;
			return true;
		}
	return false;
}

/* Any value: bits at random. */
static struct value any_value(struct planner *pl, const struct operand *o, unsigned bytes)
{
	unsigned bits = o ? operand_bits(o) : bytes * 8;
	struct value v = { { 0 } };

	for (unsigned i = 0; i < bytes; i++)
		v.b[i] = (uint8_t)plan_random(&pl->random);
	if (bits % 8)
		v.b[0] &= (uint8_t)(0xff >> (bytes * 8 - bits));
	return v;
}

bool plan_pick(struct planner *pl, const struct plan_want *const *w, unsigned n, unsigned bytes,
	       const struct value *more, unsigned nmore, plan_fits fits, void *arg, struct value *out)
{
	struct plan_values *edges = &pl->edges;
	bool few = n == 0;

	edges->n = 0;

	if (chosen(w, n, out))
		return all_fit(w, n, out) && (!fits || fits(pl, out, arg));
	for (unsigned i = 0; i < n; i++)
		if (w[i]->test)
			plan_edges(w[i]->test, &pl->random, edges);
		else
			plan_range_edges(w[i]->on, &w[i]->lo, &w[i]->hi, &pl->random, edges);
	shuffle(pl, edges);
	for (unsigned i = 0; few && i < nmore; i++)
		plan_value_add(edges, &more[i], bytes);
	for (uint32_t i = 0; i < edges->n; i++) {
		*out = edges->v[i];
		if (all_fit(w, n, out) && (!fits || fits(pl, out, arg)))
			return true;
	}
	for (unsigned i = 0; !few && i < nmore; i++) {
		*out = more[i];
		if (all_fit(w, n, out) && (!fits || fits(pl, out, arg)))
			return true;
	}
	for (unsigned i = 0; i < 24; i++) {
		*out = any_value(pl, n ? w[0]->on : NULL, bytes);
		if (all_fit(w, n, out) && (!fits || fits(pl, out, arg)))
			return true;
	}
	return false;
}

/* The wants of a slot. */
static unsigned of_slot(const struct plan_wants *all, enum plan_slot slot, const struct plan_want **out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < all->n; i++)
		if (plan_slot(&all->w[i]) == slot)
			out[n++] = &all->w[i];
	return n;
}

static bool number(struct planner *pl, const struct plan_wants *all, enum plan_slot slot,
		   const uint64_t *usual, unsigned nusual, uint64_t *out)
{
	const struct plan_want *w[PLAN_WANTS_MAX];
	unsigned n = of_slot(all, slot, w), bytes = n ? operand_bytes(w[0]->on) : 4;
	struct value more[8], v;

	if (!n) {
		*out = usual[0];
		return true;
	}
	for (unsigned i = 0; i < nusual; i++)
		more[i] = value_num(usual[i], bytes);
	if (!plan_pick(pl, w, n, bytes, more, nusual, NULL, NULL, &v))
		return false;
	*out = value_get(&v, bytes);
	return true;
}

/* The transport protocol that a field needs to be there. */
static uint8_t implied(const struct plan_want *w)
{
	const struct field_info *f = &field_table[w->on->field];

	if (w->bytes || (w->reverse && plan_slot(w) == SLOT_OTHER))
		return 0;
	if (f->kind == KIND_TCPOPT)
		return IPPROTO_TCP;
	if (f->kind == KIND_SCTPCHUNK)
		return IPPROTO_SCTP;
	return f->kind == KIND_PAYLOAD ? f->l4proto : 0;
}

static bool choose_proto(struct planner *pl, const struct plan_wants *all, struct plan_draft *d)
{
	bool v6 = pl->family == FAMILY_IPV6;
	const struct plan_want *w[PLAN_WANTS_MAX];
	unsigned n = of_slot(all, SLOT_PROTO, w);
	struct value more[6], v;
	unsigned at = plan_below(&pl->random, 3);
	const uint8_t usual[] = { IPPROTO_TCP, IPPROTO_UDP, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP };

	for (unsigned i = 0; i < all->n; i++)
		if (implied(&all->w[i])) {
			v = value_num(implied(&all->w[i]), 1);
			d->proto = v.b[0];
			if (!n || all_fit(w, n, &v))
				return true;
			if (all->w[i].hold)
				return false;
		}
	for (unsigned i = 0; i < 3; i++)
		more[i] = value_num(usual[(i + at) % 3], 1);
	more[3] = value_num(253, 1);
	if (!plan_pick(pl, w, n, 1, more, 4, NULL, NULL, &v))
		return false;
	d->proto = v.b[0];
	return true;
}

/* What the fields of connection tracking are for a packet of this mode. */
static bool mode_fits(const struct plan_want *w, enum plan_mode m)
{
	static const uint8_t state[] = { [MODE_FRESH] = PACKET_STATE_NEW,
					 [MODE_REPLY] = PACKET_STATE_ESTABLISHED,
					 [MODE_FOLLOW] = PACKET_STATE_ESTABLISHED,
					 [MODE_RELATED] = PACKET_STATE_RELATED,
					 [MODE_INVALID] = PACKET_STATE_INVALID };
	uint64_t n = state[m];
	struct value v;

	if (w->on->field == FIELD_CT_DIRECTION)
		n = m == MODE_REPLY || m == MODE_RELATED;
	else if (w->on->field == FIELD_CT_STATUS)
		n = m == MODE_FRESH ? 0 : m == MODE_INVALID ? 0 : 2 | 8;
	v = value_num(n, operand_bytes(w->on));
	return plan_want_value(w, &v);
}

/* One of the modes that fit, each as likely. */
static bool choose_mode(struct planner *pl, const struct plan_wants *all, struct plan_draft *d)
{
	const struct plan_want *w[PLAN_WANTS_MAX];
	unsigned n = of_slot(all, SLOT_STATE, w), found = 0;

	if (!n) {
		d->mode = plan_chance(&pl->random, 6) ? MODE_FOLLOW : MODE_FRESH;
		return true;
	}
	for (unsigned m = 0; m < PLAN_MODES; m++) {
		bool fits = true;

		for (unsigned i = 0; i < n; i++)
			fits &= mode_fits(w[i], (enum plan_mode)m);
		if (m == MODE_RELATED && d->proto != IPPROTO_ICMP && d->proto != IPPROTO_ICMPV6)
			fits = false;
		if (fits && plan_chance(&pl->random, ++found))
			d->mode = (uint8_t)m;
	}
	return found != 0;
}

/* RELATED packets are ICMP errors. */
static void only_related(struct planner *pl, const struct plan_wants *all, struct plan_draft *d)
{
	const struct plan_want *w[PLAN_WANTS_MAX];
	uint8_t icmp = pl->family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	unsigned n = of_slot(all, SLOT_STATE, w);
	struct value v = value_num(icmp, 1);

	if (!n || d->proto == icmp)
		return;
	for (unsigned m = 0; m < PLAN_MODES; m++) {
		bool fits = true;

		for (unsigned i = 0; i < n; i++)
			fits &= mode_fits(w[i], (enum plan_mode)m);
		if (fits && m != MODE_RELATED)
			return;
	}
	n = of_slot(all, SLOT_PROTO, w);
	if (all_fit(w, n, &v))
		d->proto = icmp;
}

static void region(const struct plan_want *w, struct plan_patch *p)
{
	const struct operand *o = w->on;
	const struct field_info *f = &field_table[o->field];

	*p = (struct plan_patch){ .base = f->base, .off = f->off, .bits = f->bits };
	if (f->kind == KIND_RAW)
		*p = (struct plan_patch){ .base = o->raw.base, .off = o->raw.off, .bits = o->raw.bits };
	if (o->field == FIELD_CT_PROTO_SRC || o->field == FIELD_CT_PROTO_DST) {
		bool src = (o->field == FIELD_CT_PROTO_SRC) == (o->dir != DIR_REPLY);

		*p = (struct plan_patch){ .base = BASE_TH, .off = src ? 0 : 16, .bits = 16 };
	}
	if (w->reverse)
		p->off ^= 16;
}

static bool same_region(const struct plan_want *w, const struct plan_patch *p)
{
	struct plan_patch q;

	region(w, &q);
	return q.base == p->base && q.off == p->off && q.bits == p->bits;
}

/* Wants of the same bits of the packet: one patch. */
static bool patch_bits(struct planner *pl, const struct plan_wants *all, const struct plan_want *of,
		       struct plan_draft *d)
{
	const struct plan_want *w[PLAN_WANTS_MAX];
	struct plan_patch p;
	unsigned n = 0;

	region(of, &p);
	for (unsigned i = 0; i < d->npatches; i++)
		if (same_region(of, &d->patches[i]))
			return true;
	for (unsigned i = 0; i < all->n; i++)
		if (plan_slot(&all->w[i]) == SLOT_BITS && same_region(&all->w[i], &p))
			w[n++] = &all->w[i];
	if (!plan_pick(pl, w, n, (p.bits + 7u) / 8, NULL, 0, NULL, NULL, &p.v))
		return false;
	if (p.base == BASE_LL) {
		if (p.off != 48 || p.bits != 48)
			return true;
		memcpy(d->smac, p.v.b, 6);
	}
	if (d->npatches < sizeof(d->patches) / sizeof(*d->patches))
		d->patches[d->npatches++] = p;
	return true;
}

static struct plan_option *option_of(struct plan_draft *d, const struct operand *o)
{
	uint8_t kind = field_table[o->field].kind;

	for (unsigned i = 0; i < d->noptions; i++)
		if (d->options[i].kind == kind && d->options[i].type == o->hdr.type)
			return &d->options[i];
	if (d->noptions == sizeof(d->options) / sizeof(*d->options))
		return NULL;
	d->options[d->noptions] = (struct plan_option){ .kind = kind, .type = o->hdr.type };
	return &d->options[d->noptions++];
}

static bool same_option(const struct operand *a, const struct operand *b)
{
	return a->field == b->field && a->hdr.type == b->hdr.type && a->exists == b->exists &&
	       (a->exists || (a->hdr.off == b->hdr.off && a->hdr.bits == b->hdr.bits));
}

static bool patch_option(struct planner *pl, const struct plan_wants *all, unsigned at,
			 struct plan_draft *d)
{
	const struct operand *o = all->w[at].on;
	const struct plan_want *w[PLAN_WANTS_MAX];
	struct plan_option *opt = option_of(d, o);
	const struct value yesno[] = { value_num(1, 1), value_num(0, 1) };
	struct value v;
	unsigned n = 0;

	if (!opt)
		return false;
	for (unsigned i = 0; i < all->n; i++)
		if (plan_slot(&all->w[i]) == SLOT_OPTION && same_option(all->w[i].on, o)) {
			if (i < at)
				return true; /* done with that one */
			w[n++] = &all->w[i];
		}
	if (o->exists) {
		if (!plan_pick(pl, w, n, 1, yesno, 2, NULL, NULL, &v) || v.b[0] > 1)
			v = yesno[all_fit(w, n, &yesno[1])];
		opt->present |= v.b[0] == 1;
		return all_fit(w, n, &v);
	}
	if (!plan_pick(pl, w, n, (o->hdr.bits + 7u) / 8, NULL, 0, NULL, NULL, &v))
		return false;
	opt->present = true;
	if (opt->npatches < 4)
		opt->patches[opt->npatches++] =
			(struct plan_patch){ .off = o->hdr.off, .bits = o->hdr.bits, .v = v };
	return true;
}

static bool choose_rest(struct planner *pl, const struct plan_wants *all, struct plan_draft *d)
{
	static const uint64_t zero[] = { 0, 1000 }, to_me[] = { PACKET_HOST };
	uint64_t n;

	if (d->local) {
		if (!number(pl, all, SLOT_MARK, zero, 1, &n))
			return false;
		d->mark = (uint32_t)n;
	}
	if (!number(pl, all, SLOT_UID, zero, 2, &n))
		return false;
	d->uid = (uint32_t)n;
	if (!number(pl, all, SLOT_GID, zero, 2, &n))
		return false;
	d->gid = (uint32_t)n;
	if (!number(pl, all, SLOT_PKTTYPE, to_me, 1, &n) || n > PACKET_OTHERHOST)
		return false;
	d->pkttype = (uint8_t)n;
	if (!number(pl, all, SLOT_LENGTH, zero, 1, &n) || n > PLAN_BYTES_MAX)
		return false;
	d->len = (uint32_t)n;
	for (unsigned i = 0; i < all->n; i++)
		if (all->w[i].on->field == FIELD_IP6_LENGTH && d->len)
			d->len += 40;
	return d->len <= PLAN_BYTES_MAX;
}

bool plan_solve(struct planner *pl, const struct plan_wants *all, enum hook_id hook,
		struct plan_draft *d)
{
	memset(d, 0, offsetof(struct plan_draft, patches));
	memcpy(d->smac, "\2\0\0\0\377\1", 6);
	d->sport = (uint16_t)(33000 + pl->next_port++ % 28000);
	d->dport = (uint16_t)(plan_chance(&pl->random, 2) ? 9 + plan_below(&pl->random, 1000)
							  : 1024 + plan_below(&pl->random, 60000));
	if (plan_chance(&pl->random, 8))
		d->dport &= 0xff00;
	if (!choose_proto(pl, all, d))
		return false;
	only_related(pl, all, d);
	if (!choose_mode(pl, all, d) || !plan_place(pl, all, hook, d) || !choose_rest(pl, all, d))
		return false;
	for (unsigned i = 0; i < all->n; i++) {
		enum plan_slot slot = plan_slot(&all->w[i]);

		if (slot == SLOT_BITS && !patch_bits(pl, all, &all->w[i], d))
			return false;
		if (slot == SLOT_OPTION && !patch_option(pl, all, i, d))
			return false;
	}
	return true;
}
