/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text: the report for people. */
#include "verify/report.h"

#include <string.h>

#define BEFORE_SHOWN 6
#define LINES_SHOWN  8

static void put_rule(const struct verify *v, uint32_t rule, struct buffer *b)
{
	report_place(v, v->rules.rule[rule]->at, b);
	buffer_lit(b, ": ");
	report_line(v, v->rules.rule[rule]->at, b);
}

static void put_record(const struct verify *v, const struct record *r, struct buffer *b)
{
	if (r->kind == SEEN_TRACE) {
		if (r->rule == RULE_NONE) {
			buffer_printf(b, "      policy of %s", r->text);
		} else {
			buffer_lit(b, "      matched ");
			put_rule(v, r->rule, b);
		}
		if (r->verdict[0] && strcmp(r->verdict, "policy"))
			buffer_printf(b, " (%s)", r->verdict);
		buffer_char(b, '\n');
		return;
	}
	if (r->kind == SEEN_HOOK)
		buffer_printf(b, "    past %s", r->hook < HOOK_COUNT ? hook_names[r->hook] : "?");
	else
		buffer_printf(b, "    log (%s %u) \"%s\"", r->group ? "group" : "LOG or group", r->group, r->text);
	if (r->in)
		buffer_printf(b, " in=%s", report_iface(v, r->in));
	if (r->out)
		buffer_printf(b, " out=%s", report_iface(v, r->out));
	buffer_printf(b, " mark=%#x ", r->mark);
	report_bytes(v, report_payload(r), r->len, b);
	buffer_printf(b, " len=%u\n", r->len);
}

static void put_side(const struct verify *v, unsigned side, uint32_t packet, struct buffer *b)
{
	const struct side *s = &v->pair[side];
	bool seen = false;

	buffer_printf(b, "  %s:\n", report_side(v, side));
	for (const struct record *r = report_first(s, packet); r; r = report_next(s, r)) {
		put_record(v, r, b);
		seen |= r->kind == SEEN_HOOK;
	}
	if (!seen)
		buffer_lit(b, "    past no hook: dropped by the first, or before\n");
	if (s->records_full)
		buffer_lit(b, "    (more was seen than is kept)\n");
}

static void put_packet(const struct verify *v, const struct verify_packet *p, struct buffer *b)
{
	buffer_lit(b, "  # ");
	report_bytes(v, p->bytes, p->len, b);
	buffer_lit(b, "\n  ");
	report_spec(v, p, b);
	buffer_char(b, '\n');
}

static void put_difference(const struct verify *v, uint32_t n, struct buffer *b)
{
	uint32_t packet = v->differ[n], before[BEFORE_SHOWN], lines[LINES_SHOWN];
	const struct verify_packet *all = v->setup.plan->packets;
	unsigned nbefore = report_before(v, packet, before, BEFORE_SHOWN);
	unsigned nlines = report_involved(v, packet, lines, LINES_SHOWN);

	buffer_printf(b, "\ndifference %u of %u: packet %u\n", n + 1, v->ndiffer, packet + 1);
	for (unsigned i = 0; i < nbefore; i++)
		put_packet(v, &all[before[i]], b);
	if (nbefore)
		buffer_lit(b, "  # after these, between the same addresses:\n");
	put_packet(v, &all[packet], b);
	put_side(v, 0, packet, b);
	put_side(v, 1, packet, b);
	for (unsigned i = 0; i < nlines; i++) {
		buffer_puts(b, i ? "                  " : "  lines involved: ");
		put_rule(v, lines[i], b);
		buffer_char(b, '\n');
	}
}

/* Both ranges that were seen. */
static void put_draws(const struct verify *v, uint32_t rule, struct buffer *b)
{
	const struct verify_plan *p = v->setup.plan;

	for (uint32_t i = 0; i < p->ndraws; i++) {
		const struct draw_sample *s = v->draws.samples[i];

		if (v->draws.rules[i] == rule)
			buffer_printf(b, "  ports drawn from %u-%u, %u-%u (%u, %u times) ", s[0].least, s[0].most,
				      s[1].least, s[1].most, s[0].n, s[1].n);
	}
}

static void put_counters(const struct verify *v, struct buffer *b)
{
	double rounds = v->compare.whole_rounds;

	if (!v->nrules_differ)
		return;
	buffer_printf(b, "\nrules that matched other numbers of packets, log otherwise or draw other ports: %s, iptc2nft\n",
		      report_side(v, 0));
	for (uint32_t i = 0; i < v->rules.n; i++) {
		const struct compare_rule *r = &v->compare.rules[i];

		if (!verify_rule_differs(v, i))
			continue;
		if (r->says)
			buffer_lit(b, "  logs otherwise ");
		else if (r->draws)
			put_draws(v, i, b);
		else if (r->varied)
			buffer_printf(b, "  %.1f %.1f ", r->sum[0] / rounds, r->sum[1] / rounds);
		else
			buffer_printf(b, "  %llu %llu ", (unsigned long long)r->first, (unsigned long long)r->ours);
		put_rule(v, i, b);
		buffer_char(b, '\n');
	}
}

static void put_coverage(const struct verify *v, struct buffer *b)
{
	uint32_t hit = 0, missed = 0;

	for (uint32_t i = 0; i < v->rules.n; i++) {
		hit += v->hits[i] != 0;
		missed += verify_rule_missed(v, i);
	}
	buffer_printf(b, "rules: %u; matched: %u; asked and not matched: %u; never matched: %u\n", v->rules.n, hit,
		      missed, v->rules.n - hit);
	for (uint32_t i = 0; i < v->rules.n; i++) {
		if (v->hits[i])
			continue;
		buffer_lit(b, "  ");
		put_rule(v, i, b);
		buffer_puts(b, verify_rule_missed(v, i) ? " (asked)\n" : "\n");
	}
}

void verify_text(const struct verify *v, struct buffer *b)
{
	bool differs = v->ndiffer || v->nrules_differ;

	buffer_printf(b, "%s: %u packets through %s and %s\n", differs ? "DIFFERENT" : "same", v->packets,
		      report_side(v, 0), report_side(v, 1));
	buffer_printf(b, "seen: %llu at hooks, %llu logged; rounds: %u; seed: %u; %.1f s\n",
		      (unsigned long long)v->seen, (unsigned long long)v->logs, v->compare.rounds, v->seed,
		      (double)v->ms / 1000);
	if (v->packets < v->setup.plan->npackets)
		buffer_printf(b, "time was up: %u packets of the plan were not sent\n",
			      v->setup.plan->npackets - v->packets);
	if (differs && v->setup.reference == REFERENCE_IPTABLES_NFT)
		buffer_lit(b, "note: iptables-nft itself differs from legacy iptables: it drops no packets for truncated "
			      "headers (compare with --hotdrop=none), and sees some fragments otherwise\n");
	if (v->known.mss)
		buffer_printf(b, "known: TCPMSS adds no option: %u SYNs without one were given one\n", v->known.mss);
	if (v->known.ah)
		buffer_printf(b, "known: -p sees nothing behind an authentication header: %u packets were left out\n",
			      v->known.ah);
	if (v->known.cut)
		buffer_printf(b, "known: extension headers that can't be followed to an end: %u packets were "
				 "left out\n", v->known.cut);
	if (v->known.recent)
		buffer_printf(b, "known: lists of recent forget from 100 addresses on: %u packets were left out\n",
			      v->known.recent);
	if (v->hurried)
		buffer_lit(b, "time was up before chance could be excluded: give more by --time\n");
	put_coverage(v, b);
	for (uint32_t i = 0; i < v->shown; i++)
		put_difference(v, i, b);
	if (v->ndiffer > v->shown)
		buffer_printf(b, "\n%u more packets differ\n", v->ndiffer - v->shown);
	put_counters(v, b);
}
