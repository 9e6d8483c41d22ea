/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify: rounds.
 *
 * One round is enough when both sides agree in everything. Otherwise more follow: as many as it
 * takes until nothing differs in all of them, or until what still does can't be chance. A packet
 * whose fate is a coin's stays in by chance with a probability of at most 1/4 a round (the
 * reference the same again, and ours not that).
 */
#include "verify/verify.h"

#include <string.h>
#include "names.h"

#define MINIMUM_MS    8000
#define WALKS_MS      20000
#define FAST	      100 /* tokens a second */
#define ROUNDS_FIRM   4	 /* nothing in the ruleset draws lots: the kernel alone does, from many */
#define ROUNDS_CHANCE 12 /* 4^-12 */

static bool inst_chance(const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST:
		return i->test.lhs.field == FIELD_META_RANDOM || i->test.lhs.field == FIELD_NUMGEN_RANDOM;
	case INST_LIMIT:
	case INST_DYNSET:
	case INST_LOOKUP: /* of a set whose elements may time out */
	case INST_COMPAT:
	case INST_OPAQUE: return true;
	case INST_NEED_HEADER:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_OBJREF:
	case INST_COUNTER:
	case INST_LOG:
	case INST_ASSIGN:
	case INST_NAT:
	case INST_REJECT:
	case INST_TPROXY:
	case INST_QUEUE:
	case INST_DUP:
	case INST_SYNPROXY:
	case INST_NOTRACK:
	case INST_TCPOPT_STRIP:
	case INST_VERDICT:
	case INST_COUNT: return false;
	}
	return false;
}

/* Does the ruleset use chance or time? */
static bool chance(const struct ir *ir)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					if (inst_chance(i))
						return true;
	return false;
}

/*
 * xtables' limits go by jiffies, of 4 ms or so, nft's by nanoseconds: of those that have more than a
 * token in some of them, rules that take tokens by turns get unlike shares.
 */
static bool is_fast(const struct inst *i)
{
	const struct inst_limit *l = i->kind == INST_LIMIT ? &i->limit : NULL;

	if (i->kind == INST_DYNSET) {
		for (const struct inst *e = i->dynset.exprs; e; e = e->next)
			if (is_fast(e))
				return true;
		for (const struct inst *e = i->dynset.set->exprs; e; e = e->next)
			if (is_fast(e))
				return true;
	}
	if (i->kind == INST_OBJREF && i->objref.object->kind == OBJECT_LIMIT)
		l = &i->objref.object->limit;
	return l && !l->bytes && l->rate > (uint64_t)l->unit * FAST;
}

static bool chain_fast(const struct ir_chain *c, const struct ir_rule *only)
{
	for (const struct ir_rule *r = c->rules; r; r = r->next)
		for (const struct ir_clause *k = only && r != only ? NULL : r->clauses; k; k = k->next)
			for (const struct inst *i = k->first; i; i = i->next)
				if (is_fast(i))
					return true;
	return false;
}

/* The rules that have such a limit; of a helper chain, all that it belongs to. As they are undamaged. */
static void note_fast(struct verify *v)
{
	struct rules same; /* as v->rules, of the ruleset that was compiled for the simulator */

	rules_number(&same, v->arena, v->simulated->rs);
	for (const struct ir_chain *c = v->simulated->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			if (r->rule && chain_fast(c, c->helper ? NULL : r))
				v->compare.rules[rules_of(&same, r->rule)].fast = true;
}

static bool doubtful(const struct verify *v, double limit)
{
	for (uint32_t i = 0; i < v->rules.n; i++)
		if (compare_rule_distance(&v->compare, i) > limit)
			return true;
	return false;
}

bool verify_rule_differs(const struct verify *v, uint32_t rule)
{
	return compare_rule_differs(&v->compare, rule) || compare_rule_distance(&v->compare, rule) > COMPARE_FAR;
}

/* The last packet that differs, from 1; and whether counters do. */
static uint32_t last_difference(const struct verify *v, bool *counters)
{
	uint32_t last = 0;

	*counters = false;
	for (uint32_t i = 0; i < v->packets; i++)
		if (compare_packet_differs(&v->compare, i))
			last = i + 1;
	for (uint32_t i = 0; i < v->rules.n && !*counters; i++)
		*counters = compare_rule_differs(&v->compare, i);
	return last;
}

/* Did counters vary between the sides, so that their means have to be compared? */
static bool unequal(const struct verify *v)
{
	for (uint32_t i = 0; i < v->rules.n; i++)
		if (v->compare.rules[i].varied || !v->compare.rules[i].equal)
			return true;
	return false;
}

struct pass {
	struct verify *v;
	unsigned round;
	uint32_t of;
};

static void tell(void *arg, uint32_t sent)
{
	struct pass *p = arg;

	if (p->v->progress)
		p->v->progress(p->v->progress_arg, p->round, sent, p->of);
}

static int go(struct verify *v, struct run_wish *w, unsigned round)
{
	struct pass p = { v, round, w->packets };
	int st;

	w->kind[0] = SIDE_REFERENCE;
	w->kind[1] = v->self ? SIDE_REFERENCE : SIDE_OURS;
	w->seed = v->seed + round;
	st = run_pair(&v->setup, w, v->pair, tell, &p);
	for (unsigned i = 0; i < 2 && st != IPTC2NFT_OK && !v->error; i++)
		if (v->pair[i].step == SIDE_FAILED)
			v->error = arena_strdup(v->arena, v->pair[i].error);
	return st;
}

static void keep_first(struct verify *v)
{
	uint32_t chains = v->rules.nchains;

	v->packets = v->pair[0].done < v->pair[1].done ? v->pair[0].done : v->pair[1].done;
	v->seen = v->pair[0].seen;
	v->logs = v->pair[0].logs;
	v->hits = arena_array(v->arena, v->rules.n + 1u, sizeof(*v->hits));
	v->policies = arena_array(v->arena, chains + 1u, sizeof(*v->policies));
	memcpy(v->hits, v->pair[0].hits, v->rules.n * sizeof(*v->hits));
	memcpy(v->policies, v->pair[0].policies, chains * sizeof(*v->policies));
}

static int one_round(struct verify *v, unsigned round, uint32_t packets, uint64_t send_ms, bool shake)
{
	struct run_wish w = { .packets = packets, .shake = shake, .send_ms = (uint32_t)send_ms };
	int st = go(v, &w, round);
	uint32_t n;

	if (st != IPTC2NFT_OK)
		return st;
	if (!round)
		keep_first(v);
	n = v->pair[0].done < v->pair[1].done ? v->pair[0].done : v->pair[1].done;
	if (n < packets && round) /* time is up: it says too little */
		return IPTC2NFT_OK;
	compare_round(&v->compare, &v->pair[0], &v->pair[1], n,
		      v->pair[0].done == v->pair[1].done && (!round || n == v->packets));
	draws_round(&v->draws, &v->pair[0], &v->pair[1], n);
	return IPTC2NFT_OK;
}

/* Rounds until it is clear what differs. */
static int rounds(struct verify *v, uint64_t start)
{
	bool by_chance = chance(v->setup.ctx->ir) || v->setup.plan->ndraws, counters;
	unsigned most = by_chance ? ROUNDS_CHANCE : ROUNDS_FIRM, round = 0;
	uint64_t end = start + (uint64_t)v->seconds * 1000, now = run_now_ms();
	/* Some is left for the rounds even where making the plan took most; a tenth is for the walks. */
	uint64_t room = end > now + MINIMUM_MS ? end - now : MINIMUM_MS, last_end = now + room * 9 / 10;
	uint32_t packets = v->setup.plan->npackets;
	int st;

	for (;; round++) {
		uint64_t before = run_now_ms(), took;
		uint32_t last;

		st = one_round(v, round, packets, round ? room : room * 3 / 10,
			       by_chance && round % 2);
		if (st != IPTC2NFT_OK)
			return st;
		took = run_now_ms() - before;
		last = last_difference(v, &counters);
		v->chance |= unequal(v) || v->setup.plan->ndraws;
		if (!last && !counters) {
			if (!v->chance || v->compare.whole_rounds >= COMPARE_ROUNDS)
				if (!doubtful(v, COMPARE_DOUBT) || doubtful(v, COMPARE_FAR * 2))
					return IPTC2NFT_OK;
		}
		if (round + 1 >= most)
			return IPTC2NFT_OK;
		if (round && run_now_ms() + took > last_end) {
			v->hurried = last || counters;
			return IPTC2NFT_OK;
		}
		packets = counters || v->chance || !last ? v->packets : last;
	}
}

/* The next record of a side; NULL: no more. */
static const struct record *record_after(const struct side *s, const struct record *r)
{
	uint32_t at = r ? (uint32_t)((const uint8_t *)r - s->records) + r->size : 0;

	return at + sizeof(*r) <= s->records_len ? (const void *)(s->records + at) : NULL;
}

/* The first packets for which the watched rules matched otherwise on one side than on the other. */
static void note_unlike(struct verify *v)
{
	const struct record *a = record_after(&v->pair[0], NULL), *b = record_after(&v->pair[1], NULL);

	while ((a || b) && v->ndiffer < VERIFY_SHOWN) {
		uint32_t packet = !b || (a && a->packet < b->packet) ? a->packet : b->packet;
		bool unlike = false;

		while ((a && a->packet == packet) || (b && b->packet == packet)) {
			unlike |= !a || !b || a->packet != b->packet || a->rule != b->rule;
			if (a && a->packet == packet)
				a = record_after(&v->pair[0], a);
			if (b && b->packet == packet)
				b = record_after(&v->pair[1], b);
		}
		if (unlike)
			v->differ[v->ndiffer++] = packet;
	}
}

/* Counters differ and no packet's fate does: which packets are counted otherwise? */
static int find_counted(struct verify *v)
{
	struct run_wish w = { .trace = true, .packets = v->packets,
			      .send_ms = WALKS_MS };
	bool *watch = arena_array(v->arena, v->rules.n + 1u, sizeof(*watch));
	int st;

	for (uint32_t i = 0; i < v->rules.n; i++)
		watch[i] = compare_rule_differs(&v->compare, i) && !v->compare.rules[i].says &&
			   !v->compare.rules[i].draws;
	w.watch = watch;
	st = go(v, &w, v->compare.rounds);
	if (st == IPTC2NFT_OK)
		note_unlike(v);
	return st;
}

/* Once more with tracing, for the walks of the first that differ. */
static int walks(struct verify *v)
{
	struct run_wish w = { .trace = true, .keep = v->differ,
			      .send_ms = WALKS_MS };

	v->shown = v->ndiffer < VERIFY_SHOWN ? v->ndiffer : VERIFY_SHOWN;
	if (!v->shown)
		return IPTC2NFT_OK;
	w.nkeep = v->shown;
	w.packets = v->differ[v->shown - 1] + 1;
	return go(v, &w, v->compare.rounds);
}

static void gather(struct verify *v)
{
	for (uint32_t i = 0; i < v->setup.plan->ndraws; i++)
		v->compare.rules[v->draws.rules[i]].draws |=
			draws_differ(&v->draws, i);
	v->differ = arena_array(v->arena, v->packets + 1u, sizeof(*v->differ));
	for (uint32_t i = 0; i < v->packets; i++)
		if (compare_packet_differs(&v->compare, i))
			v->differ[v->ndiffer++] = i;
	for (uint32_t i = 0; i < v->rules.n; i++)
		v->nrules_differ += verify_rule_differs(v, i);
}

/* Legacy iptables where the kernel and the machine have it, or iptables-nft. */
static int choose_reference(struct verify *v)
{
	bool v6 = v->setup.ctx->ruleset.family == FAMILY_IPV6;

	if (load_finds(v6 ? "ip6tables-legacy-restore" : "iptables-legacy-restore") && load_legacy_works(v6)) {
		v->setup.reference = REFERENCE_LEGACY;
	} else if (load_finds(v6 ? "ip6tables-nft-restore" : "iptables-nft-restore")) {
		v->setup.reference = REFERENCE_IPTABLES_NFT;
	} else {
		v->error = "neither iptables-legacy-restore (with a kernel that has legacy tables) nor "
			   "iptables-nft-restore is here to load the original";
		return IPTC2NFT_SYSTEM;
	}
	return IPTC2NFT_OK;
}

int verify_run(struct verify *v)
{
	uint64_t start = v->start_ms;
	int st = choose_reference(v);

	if (st != IPTC2NFT_OK)
		return st;
	rules_number(&v->rules, v->arena, &v->setup.ctx->ruleset);
	observe_groups(&v->groups, v->arena, v->setup.ctx->ir, v->simulated);
	v->setup.rules = &v->rules;
	v->setup.groups = &v->groups;
	v->pair = sides_new(&v->setup);
	if (!v->pair) {
		v->error = "out of memory";
		return IPTC2NFT_SYSTEM;
	}
	draws_init(&v->draws, v->arena, v->setup.plan, v->simulated->rs);
	compare_init(&v->compare, v->arena, v->setup.plan->npackets, v->rules.n);
	note_fast(v);
	st = rounds(v, start);
	if (st == IPTC2NFT_OK && !v->packets && v->setup.plan->npackets) {
		v->error = "time was up before a packet was sent: give more by --time";
		st = IPTC2NFT_SYSTEM;
	}
	if (st == IPTC2NFT_OK) {
		gather(v);
		if (v->nrules_differ && !v->ndiffer)
			st = find_counted(v);
		if (st == IPTC2NFT_OK)
			st = walks(v);
	}
	v->ms = run_now_ms() - start;
	if (st != IPTC2NFT_OK)
		return st;
	return v->ndiffer || v->nrules_differ ? IPTC2NFT_DIFFERENT : IPTC2NFT_OK;
}

void verify_end(struct verify *v)
{
	sides_free(v->pair, &v->setup);
	v->pair = NULL;
}
