/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_value: the edges of a test, taken back through the operand's transformations to values that
 * a packet can have in the field.
 */
#include "verify/plan_value.h"

#include "sim/load.h"
#include "sim/sim.h"

#define RANGES_MAX 24 /* of a test with more of them, some are tried */

uint64_t plan_random(struct plan_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t plan_below(struct plan_random *r, uint32_t n)
{
	return n ? (uint32_t)((plan_random(r) >> 32) * n >> 32) : 0;
}

void plan_value_add(struct plan_values *l, const struct value *v, unsigned bytes)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (!memcmp(l->v[i].b, v->b, bytes))
			return;
	if (l->n == l->cap)
		l->v = arena_grow(l->arena, l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] = *v;
}

void value_step(struct value *v, unsigned bytes, const struct value *by, bool down)
{
	int carry = 0;

	for (unsigned i = bytes; i-- > 0;) {
		int n = v->b[i] + (down ? -(int)by->b[i] : (int)by->b[i]) + carry;

		carry = n < 0 ? -1 : n > 255 ? 1 : 0;
		v->b[i] = (uint8_t)n;
	}
}

static void shift(struct value *v, unsigned bytes, unsigned by, bool right, const struct value *fill)
{
	struct value in = *v;
	int n = (int)bytes * 8;

	*v = *fill;
	for (int i = 0; i < n; i++) {
		int from = right ? i - (int)by : i + (int)by;
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if (from < 0 || from >= n)
			continue;
		if (in.b[from / 8] >> (7 - from % 8) & 1)
			v->b[i / 8] |= bit;
		else
			v->b[i / 8] &= (uint8_t)~bit;
	}
}

/* A field's value that is transformed into @v; bits that the transformations lose come from @fill. */
static struct value untransform(const struct operand *o, struct value v, const struct value *fill)
{
	unsigned bytes = operand_bytes(o);

	for (unsigned k = o->nxf; k-- > 0;) {
		const struct xform *x = &o->xf[k];

		switch ((enum xform_op)x->op) {
		case XFORM_AND:
			for (unsigned i = 0; i < bytes; i++)
				v.b[i] = (uint8_t)((v.b[i] & x->value.b[i]) |
						   (fill->b[i] & ~x->value.b[i]));
			break;
		case XFORM_XOR:
			for (unsigned i = 0; i < bytes; i++)
				v.b[i] ^= x->value.b[i];
			break;
		case XFORM_SHL: shift(&v, bytes, x->shift, true, fill); break;
		case XFORM_SHR: shift(&v, bytes, x->shift, false, fill); break;
		}
	}
	return v;
}

static void clip(const struct operand *o, struct value *v)
{
	unsigned bits = operand_bits(o), bytes = operand_bytes(o);

	if (bits % 8)
		v->b[0] &= (uint8_t)(0xff >> (bytes * 8 - bits));
}

static void add_filled(const struct operand *o, const struct value *v, struct plan_random *r,
		       struct plan_values *out)
{
	unsigned bytes = operand_bytes(o);
	struct value fill = { { 0 } }, x;

	for (unsigned f = 0; f < (o->nxf ? 3u : 1u); f++) {
		if (f)
			for (unsigned i = 0; i < bytes; i++)
				fill.b[i] = f == 1 ? 0xff : (uint8_t)plan_random(r);
		x = untransform(o, *v, &fill);
		clip(o, &x);
		plan_value_add(out, &x, bytes);
	}
}

/* The mask that the transformations leave, as far as one AND says it. */
static const struct value *mask_of(const struct operand *o)
{
	for (unsigned k = 0; k < o->nxf; k++)
		if (o->xf[k].op == XFORM_AND)
			return &o->xf[k].value;
	return NULL;
}

static bool bit_of(const struct value *v, unsigned i)
{
	return v->b[i / 8] >> (7 - i % 8) & 1;
}

/* The smallest difference between two transformed values. */
static struct value step_of(const struct operand *o)
{
	const struct value *m = mask_of(o);
	unsigned bytes = operand_bytes(o);
	struct value one = value_num(0, 1);

	one.b[bytes - 1] = 1;
	if (!m || o->nxf > 1)
		return one;
	for (unsigned i = bytes * 8; i-- > 0;)
		if (bit_of(m, i)) {
			one = (struct value){ { 0 } };
			one.b[i / 8] = (uint8_t)(0x80 >> i % 8);
			return one;
		}
	return one;
}

/* @v with one bit changed that the test looks at; of wide fields the first and the last few. */
static void add_flips(const struct operand *o, const struct value *v, struct plan_random *r,
		      struct plan_values *out)
{
	const struct value *m = mask_of(o);
	unsigned bits = operand_bytes(o) * 8, count = 0, seen = 0;

	for (unsigned i = 0; i < bits; i++)
		count += !m || bit_of(m, i);
	if (!m && bits > 8)
		return;
	for (unsigned i = 0; i < bits; i++) {
		struct value x = *v;

		if (m && !bit_of(m, i))
			continue;
		seen++;
		if (count > 10 && seen > 2 && seen + 2 < count && !plan_chance(r, count / 4))
			continue;
		x.b[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		add_filled(o, &x, r, out);
	}
}

void plan_range_edges(const struct operand *o, const struct value *lo, const struct value *hi,
		      struct plan_random *r, struct plan_values *out)
{
	unsigned bytes = operand_bytes(o);
	struct value step = step_of(o), below = *lo, above = *hi;

	add_filled(o, lo, r, out);
	add_filled(o, hi, r, out);
	value_step(&below, bytes, &step, true);
	value_step(&above, bytes, &step, false);
	add_filled(o, &below, r, out);
	add_filled(o, &above, r, out);
}

void plan_edges(const struct inst_test *t, struct plan_random *r, struct plan_values *out)
{
	uint32_t skip = 0;

	if (t->op < TEST_IN) {
		plan_range_edges(&t->lhs, &t->value, &t->value, r, out);
		if (t->op <= TEST_NE)
			add_flips(&t->lhs, &t->value, r, out);
		return;
	}
	if (t->n > RANGES_MAX)
		skip = plan_below(r, t->n);
	for (uint32_t i = 0; i < t->n && i < RANGES_MAX; i++) {
		const struct value_range *range = &t->ranges[(i + skip) % t->n];

		plan_range_edges(&t->lhs, &range->lo, &range->hi, r, out);
	}
	if (t->n == 1 && !memcmp(&t->ranges->lo, &t->ranges->hi, operand_bytes(&t->lhs)))
		add_flips(&t->lhs, &t->ranges->lo, r, out);
}

bool plan_test_value(const struct inst_test *t, const struct value *v)
{
	struct value x = *v;

	if (t->lhs.nxf)
		operand_transform(&t->lhs, &x);
	return test_holds(t, &x);
}
