/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/compare.h"

#include <math.h>
#include <string.h>

void compare_init(struct compare *c, struct arena *a, uint32_t npackets, uint32_t nrules)
{
	*c = (struct compare){ .npackets = npackets, .nrules = nrules };
	c->first = arena_array(a, npackets + 1u, sizeof(*c->first));
	c->varied = arena_array(a, npackets + 1u, 1);
	c->equal = arena_array(a, npackets + 1u, 1);
	c->rules = arena_array(a, nrules + 1u, sizeof(*c->rules));
}

static uint8_t differing(const struct signature *a, const struct signature *b)
{
	uint8_t bits = 0;

	for (unsigned i = 0; i < SIGNATURE_LEVELS; i++)
		bits |= (uint8_t)((a->level[i] != b->level[i]) << i);
	return bits;
}

static void add_rule(struct compare *c, struct compare_rule *r, uint64_t reference, uint64_t ours)
{
	if (!c->whole_rounds) {
		r->first = reference;
		r->ours = ours;
	}
	r->varied |= reference != r->first;
	r->equal |= ours == r->first;
	r->sum[0] += (double)reference;
	r->sum[1] += (double)ours;
	r->squares[0] += (double)reference * (double)reference;
	r->squares[1] += (double)ours * (double)ours;
}

void compare_round(struct compare *c, const struct side *reference, const struct side *ours, uint32_t n, bool whole)
{
	const uint8_t all = (1u << SIGNATURE_LEVELS) - 1;

	for (uint32_t i = 0; i < n; i++) {
		if (!c->rounds)
			c->first[i] = reference->signatures[i];
		c->varied[i] |= differing(&c->first[i], &reference->signatures[i]);
		c->equal[i] |= (uint8_t)(all & ~differing(&c->first[i], &ours->signatures[i]));
	}
	c->rounds++;
	if (!whole)
		return;
	for (uint32_t i = 0; i < c->nrules; i++)
		c->rules[i].says |= reference->says[i] != ours->says[i];
	for (uint32_t i = 0; i < c->nrules; i++)
		add_rule(c, &c->rules[i], reference->hits[i], ours->hits[i]);
	c->whole_rounds++;
}

bool compare_packet_differs(const struct compare *c, uint32_t packet)
{
	const uint8_t all = (1u << SIGNATURE_LEVELS) - 1;

	return (uint8_t)~(c->varied[packet] | c->equal[packet]) & all;
}

bool compare_rule_differs(const struct compare *c, uint32_t rule)
{
	return c->rules[rule].says || c->rules[rule].draws || (!c->rules[rule].varied && !c->rules[rule].equal);
}

/*
 * Welch's statistic. Where few rounds happen to lie close together, their variance is taken to be
 * at least that of independent events (Poisson's: the mean).
 */
double compare_rule_distance(const struct compare *c, uint32_t rule)
{
	const struct compare_rule *r = &c->rules[rule];
	double n = c->whole_rounds, mean[2], variance = 0;

	if (c->whole_rounds < COMPARE_ROUNDS || r->fast)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		double v;

		mean[i] = r->sum[i] / n;
		v = (r->squares[i] - mean[i] * r->sum[i]) / (n - 1);
		variance += fmax(v, fmax(mean[i], 1)) / n;
	}
	return fabs(mean[0] - mean[1]) / sqrt(variance);
}
