/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state: limits, quotas, counts of connections and counters, by the instruction or object they
 * belong to. Time is the simulation's.
 */
#include "sim/state.h"

#include "sim/conn.h"
#include "sim/load.h"
#include "sim/state_set.h"

#define BUCKETS 4096

struct state {
	struct state *next;
	const void *owner;
	uint64_t credit, when_ms; /* LIMIT: in 1/(1000 * unit) packets */
	uint64_t left;            /* QUOTA */
	uint64_t count;           /* NUMGEN */
	struct tuple *tuples;     /* CONNLIMIT */
	uint32_t ntuples, cap;
};

struct state_table {
	struct arena *arena;
	struct state *buckets[BUCKETS];
};

struct state_table *state_table_new(struct arena *a)
{
	struct state_table *t = ARENA_NEW(a, struct state_table);

	t->arena = a;
	return t;
}

static struct state *find(struct sim *s, const void *owner, bool *fresh)
{
	struct state **p = &s->states->buckets[((uintptr_t)owner >> 4) % BUCKETS];

	for (; *p; p = &(*p)->next)
		if ((*p)->owner == owner) {
			*fresh = false;
			return *p;
		}
	*p = ARENA_NEW(s->arena, struct state);
	(*p)->owner = owner;
	*fresh = true;
	return *p;
}

static enum sim_result matched(bool yes)
{
	return yes ? RESULT_PASS : RESULT_FAIL;
}

/* xt_limit: a bucket that starts full; each packet that finds its price in it takes it out. */
enum sim_result state_limit(struct sim *s, struct sim_packet *p, const void *owner,
			    const struct inst_limit *l)
{
	bool fresh;
	struct state *x = find(s, owner, &fresh);
	uint64_t price = (uint64_t)l->unit * 1000, elapsed = s->now_ms - x->when_ms;
	uint64_t burst = l->burst ? l->burst : l->bytes ? l->rate : 1;
	uint64_t full = burst > UINT64_MAX / price ? UINT64_MAX : burst * price;

	if (l->bytes)
		price *= p->len;
	if (fresh || (l->rate && elapsed > full / l->rate))
		x->credit = full;
	else
		x->credit = full - x->credit < elapsed * l->rate ? full : x->credit + elapsed * l->rate;
	x->when_ms = s->now_ms;
	if (x->credit < price)
		return matched(l->over);
	x->credit -= price;
	return matched(!l->over);
}

/* xt_quota: what does not fit any more empties it. */
enum sim_result state_quota(struct sim *s, struct sim_packet *p, const void *owner,
			    const struct inst_quota *q)
{
	bool fresh, under;
	struct state *x = find(s, owner, &fresh);

	if (fresh)
		x->left = q->bytes;
	under = x->left >= p->len;
	x->left = under ? x->left - p->len : 0;
	return matched(under != q->over);
}

static bool alive(struct sim *s, const struct tuple *t)
{
	bool reply;

	return conn_find(s, t, &reply) != NULL;
}

/* nf_conncount: connections seen here that are still there, this one included. */
enum sim_result state_connlimit(struct sim *s, struct sim_packet *p, const void *owner,
				const struct inst_connlimit *c)
{
	bool fresh, known = false;
	struct state *x = find(s, owner, &fresh);
	struct tuple t;
	uint32_t n = 0;

	if (p->conn) {
		t = p->conn->tuple[0];
	} else if (!conn_tuple(p, &t)) {
		/* connlimit_mt(), nft_connlimit_do_eval() */
		s->why = "it can belong to no connection, and counting connections drops it";
		return RESULT_DROP;
	}
	for (uint32_t i = 0; i < x->ntuples; i++) {
		bool same = tuple_equal(&x->tuples[i], &t);

		if (same || alive(s, &x->tuples[i]))
			x->tuples[n++] = x->tuples[i];
		known |= same;
	}
	x->ntuples = n;
	if (!known) {
		x->tuples = arena_grow(s->arena, x->tuples, x->ntuples, &x->cap, sizeof(*x->tuples));
		x->tuples[x->ntuples++] = t;
	}
	return matched((x->ntuples > c->count) == c->over);
}

uint32_t state_next(struct sim *s, const void *owner, uint32_t modulus)
{
	bool fresh;
	struct state *x = find(s, owner, &fresh);

	return (uint32_t)(x->count++ % modulus);
}

enum sim_result state_object(struct sim *s, struct sim_packet *p, const struct ir_object *o)
{
	switch (o->kind) {
	case OBJECT_COUNTER: return RESULT_PASS;
	case OBJECT_QUOTA: return state_quota(s, p, o, &o->quota);
	case OBJECT_LIMIT: return state_limit(s, p, o, &o->limit);
	case OBJECT_CT_HELPER:
		if (p->conn && !p->conn->confirmed)
			p->conn->helper = o->ct_helper.helper;
		return RESULT_PASS;
	case OBJECT_CT_TIMEOUT:
	case OBJECT_CT_EXPECT:
	case OBJECT_SECMARK: return RESULT_PASS;
	case OBJECT_SYNPROXY: return RESULT_STOLEN;
	case OBJECT_CONNLIMIT: return RESULT_UNKNOWN;
	}
	return RESULT_UNKNOWN;
}

/* The stateful expressions of a set's element. */
enum sim_result state_exprs(struct sim *s, struct sim_packet *p, const struct inst *exprs,
			    const void *element)
{
	unsigned k = 0;

	for (const struct inst *i = exprs; i; i = i->next, k++) {
		const char *owner = (const char *)element + k; /* one state an expression */
		enum sim_result r = RESULT_PASS;

		if (i->kind == INST_LIMIT)
			r = state_limit(s, p, owner, &i->limit);
		else if (i->kind == INST_QUOTA)
			r = state_quota(s, p, owner, &i->quota);
		else if (i->kind == INST_CONNLIMIT)
			r = state_connlimit(s, p, owner, &i->connlimit);
		if (r != RESULT_PASS)
			return r;
	}
	return RESULT_PASS;
}
