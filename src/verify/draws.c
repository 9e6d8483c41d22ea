/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/draws.h"

#include <math.h>
#include <stdlib.h>
#include "sim/packet.h"

#define FALSE_ALARM 1e-8 /* how often equal distributions may be taken for different ones */

const struct inst_nat *draws_of(const struct inst *i)
{
	for (; i; i = i->next)
		if (i->kind == INST_NAT)
			return i->nat.flags & (NAT_RANDOM | NAT_FULLY_RANDOM) ? &i->nat : NULL;
	return NULL;
}

uint32_t draws_ports(const uint8_t *bytes, uint32_t len)
{
	struct sim_packet p = { .family = len && bytes[0] >> 4 == 6 ? FAMILY_IPV6 : FAMILY_IPV4,
				.data = (uint8_t *)(uintptr_t)bytes,
				.len = len };

	if (len < 20)
		return 0;
	packet_parse(&p);
	if (p.fragoff || !proto_has_ports(p.l4proto) || packet_l4_len(&p) < 4)
		return 0;
	return get32(bytes + p.thoff);
}

void draws_init(struct draws *d, struct arena *a, const struct verify_plan *p,
		const struct ruleset *rs)
{
	struct rules numbers;

	*d = (struct draws){ .arena = a, .plan = p };
	d->samples = arena_array(a, p->ndraws + 1u, sizeof(*d->samples));
	d->rules = arena_array(a, p->ndraws + 1u, sizeof(*d->rules));
	if (p->ndraws)
		rules_number(&numbers, a, rs);
	for (uint32_t i = 0; i < p->ndraws; i++)
		d->rules[i] = rules_of(&numbers, p->draws[i].rule);
}

static void add(struct draws *d, struct draw_sample *s, const struct verify_draw *of,
		uint32_t ports)
{
	uint16_t port = (uint16_t)(of->source ? ports >> 16 : ports);

	if (!ports)
		return;
	if (s->n == s->cap)
		s->ports = arena_grow(d->arena, s->ports, s->n, &s->cap, sizeof(*s->ports));
	s->least = !s->n || port < s->least ? port : s->least;
	s->most = port > s->most ? port : s->most;
	s->ports[s->n++] = port;
	s->outside |= of->bounded && (port < of->lo || port > of->hi);
}

void draws_round(struct draws *d, const struct side *reference, const struct side *ours, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t draw = d->plan->packets[i].draw;

		if (!draw)
			continue;
		add(d, &d->samples[draw - 1][0], &d->plan->draws[draw - 1], reference->ports[i]);
		add(d, &d->samples[draw - 1][1], &d->plan->draws[draw - 1], ours->ports[i]);
	}
}

static int by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The largest distance between the two samples' distribution functions. */
static double distance(struct draw_sample *a, struct draw_sample *b)
{
	uint32_t i = 0, k = 0;
	double most = 0;

	qsort(a->ports, a->n, sizeof(*a->ports), by_number);
	qsort(b->ports, b->n, sizeof(*b->ports), by_number);
	while (i < a->n && k < b->n) {
		uint16_t at = a->ports[i] < b->ports[k] ? a->ports[i] : b->ports[k];

		while (i < a->n && a->ports[i] == at)
			i++;
		while (k < b->n && b->ports[k] == at)
			k++;
		most = fmax(most, fabs((double)i / a->n - (double)k / b->n));
	}
	return most;
}

/* So many at one end of all belong to one sample: how likely is that? */
static bool alone(uint32_t many, double n, double m)
{
	return many * log(n / (n + m)) < log(FALSE_ALARM);
}

static bool sticks_out(const struct draw_sample *a, const struct draw_sample *b)
{
	uint32_t below = 0, above = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		below += a->ports[i] < b->least;
		above += a->ports[i] > b->most;
	}
	return alone(below, a->n, b->n) || alone(above, a->n, b->n);
}

bool draws_differ(const struct draws *d, uint32_t draw)
{
	struct draw_sample *r = &d->samples[draw][0], *o = &d->samples[draw][1];
	double n = r->n, m = o->n;

	if (!r->n || !o->n)
		return false;
	/* Where both leave the range, packets were taken for the rule's that are not. */
	if (o->outside != r->outside)
		return true;
	if (sticks_out(r, o) || sticks_out(o, r))
		return true;
	return distance(r, o) > sqrt(-log(FALSE_ALARM / 2) / 2 * (n + m) / (n * m));
}
