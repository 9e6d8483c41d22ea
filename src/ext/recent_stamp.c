/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recent_stamp: what rules do to the lists of the match `recent`; recent.c says how these are made.
 *
 * An element that is deleted stays in its hash chain until the set's garbage collection comes by,
 * once a second, and a chain takes no more than 16 (RHT_ELASTICITY). So of an address that gets
 * more than BUSY * N stamps a second, not all are recorded: its N-th latest stamp is then up to
 * 1/BUSY seconds old when it should be new. Garbage is collected in sets with timeouts only: sets
 * from which something is deleted have that flag, their elements may live forever nonetheless.
 */
#include "recent.h"

#define BUSY 8 /* of an address: stamps per second and hit */

void recent_lookup(struct lower *l, struct ir_set *s, const struct operand *key, bool invert)
{
	struct inst *i = lower_emit(l, INST_LOOKUP);

	i->lookup.set = s;
	i->lookup.key = arena_array(l->arena, 1, sizeof(*key));
	i->lookup.key[0] = *key;
	i->lookup.nkey = 1;
	i->lookup.invert = invert;
}

static struct inst *change(struct lower *l, struct ir_set *s, const struct operand *key,
			   enum dynset_op op)
{
	struct inst *i = lower_emit(l, INST_DYNSET);

	i->dynset.op = (uint8_t)op;
	i->dynset.set = s;
	i->dynset.key = arena_array(l->arena, 1, sizeof(*key));
	i->dynset.key[0] = *key;
	i->dynset.nkey = 1;
	return i;
}

static void renew(struct lower *l, struct ir_set *s, const struct operand *key)
{
	change(l, s, key, s->timeout ? DYNSET_UPDATE : DYNSET_ADD);
}

/* When an update fails because its set is full, the rule ends there and the address stays where
 * it is. */
static void turn(struct lower *l, const struct recent_window *w, uint32_t slot,
		 const struct operand *key)
{
	renew(l, w->slots[slot], key);
	renew(l, w->next[(slot + 1) % w->hits], key);
	change(l, w->next[slot], key, DYNSET_DELETE);
	lower_verdict(l, VERDICT_RETURN);
}

/* @latest: addresses whose latest stamp has not expired. */
static void ring_rules(struct lower *l, const struct recent_window *w, struct ir_set *latest,
		       const struct operand *key)
{
	struct inst *limit = inst_new(l->arena, INST_LIMIT, l->at);

	limit->limit = (struct inst_limit){ .rate = BUSY * w->hits, .unit = PER_SECOND,
					    .burst = BUSY * w->hits, .over = true };
	change(l, w->busy, key, DYNSET_UPDATE)->dynset.exprs = limit;
	lower_verdict(l, VERDICT_RETURN);
	lower_next_rule(l);
	recent_lookup(l, latest, key, true);
	turn(l, w, 0, key);
	for (uint32_t i = 0; i < w->hits; i++) {
		lower_next_rule(l);
		recent_lookup(l, w->next[i], key, false);
		turn(l, w, i, key);
	}
}

static void count_rules(struct lower *l, const struct recent_window *w, const struct operand *key)
{
	for (uint32_t i = 0; i < w->hits; i++) {
		if (i)
			lower_next_rule(l);
		recent_lookup(l, w->slots[i], key, true);
		renew(l, w->slots[i], key);
		lower_verdict(l, VERDICT_RETURN);
	}
}

/* Helper chains differ by the address that they look at. */
static const char *side(const struct lower *l, const struct operand *key)
{
	return key->field == field_daddr(l) ? "-dest" : "";
}

static struct ir_chain *window_chain(struct lower *l, struct recent_list *t,
				     const struct recent_window *w, const struct operand *key)
{
	struct lower_saved saved;
	bool fresh;
	struct ir_chain *c = lower_helper_chain(
		l,
		w->seconds
			? arena_printf(l->arena, "recent-%us-%u%s.%s", w->seconds, w->hits,
				       side(l, key), t->name)
			: arena_printf(l->arena, "recent-%u%s.%s", w->hits, side(l, key), t->name),
		&fresh);

	if (!fresh)
		return c;
	lower_into(l, c, &saved);
	if (w->seconds)
		ring_rules(l, w, recent_window(t, w->seconds, 1)->slots[0], key);
	else
		count_rules(l, w, key);
	lower_back(l, &saved);
	return c;
}

void recent_stamp(struct lower *l, const struct recent_list *t, const struct operand *key)
{
	for (uint32_t i = 0; i < t->nwindows; i++)
		if (t->windows[i].hits == 1)
			renew(l, t->windows[i].slots[0], key);
}

static struct operand ttl_of(const struct lower *l)
{
	return operand_of(lower_v6(l) ? FIELD_IP6_HOPLIMIT : FIELD_IP_TTL);
}

/* Further rules of a helper chain. Nothing is deleted while the TTL stays the same. */
static void store_ttl(struct lower *l, const struct recent_list *t, const struct operand *key)
{
	for (unsigned j = 0; j < 9; j++) {
		uint64_t bit = j < 8 ? 1u << j : 0xff;
		struct ir_set *s = j < 8 ? t->ttl[j] : t->ttl_known;

		lower_next_rule(l);
		lower_any_bit(l, ttl_of(l), bit, false);
		renew(l, s, key);
		lower_next_rule(l);
		lower_any_bit(l, ttl_of(l), bit, true);
		change(l, s, key, DYNSET_DELETE);
	}
}

void recent_need_ttl(struct lower *l, const struct recent_list *t, const struct operand *key)
{
	for (unsigned j = 0; j < 8; j++) {
		lower_any_bit(l, ttl_of(l), 1u << j, true);
		lower_eq(l, ttl_of(l), 0, true);
		recent_lookup(l, t->ttl[j], key, false);
		lower_verdict(l, VERDICT_RETURN);
		lower_continue(l);
		lower_any_bit(l, ttl_of(l), 1u << j, false);
		recent_lookup(l, t->ttl_known, key, false);
		recent_lookup(l, t->ttl[j], key, true);
		lower_verdict(l, VERDICT_RETURN);
		lower_continue(l);
	}
}

struct ir_chain *recent_stamp_chain(struct lower *l, struct recent_list *t,
				    const struct operand *key)
{
	const char *name = arena_printf(l->arena, "recent%s.%s", side(l, key), t->name);
	struct lower_saved saved;
	bool fresh;
	struct ir_chain *c = lower_helper_chain(l, name, &fresh);

	if (!fresh)
		return c;
	lower_into(l, c, &saved);
	for (uint32_t i = 0; i < t->nwindows; i++) {
		if (t->windows[i].hits == 1)
			continue;
		lower_jump(l, window_chain(l, t, &t->windows[i], key));
		lower_next_rule(l);
	}
	/* After the rings, which ask for the stamp before. */
	recent_stamp(l, t, key);
	if (t->ttl)
		store_ttl(l, t, key);
	lower_back(l, &saved);
	return c;
}

/* A rule holds 4 KiB of expressions (struct nft_rule, dlen), a masked delete takes some 200
 * bytes. */
#define DELETES_PER_RULE 12

void recent_forget(struct lower *l, const struct recent_list *t, const struct operand *key)
{
	for (uint32_t i = 0; i < t->nwindows; i++)
		change(l, t->windows[i].slots[0], key, DYNSET_DELETE);
}

struct ir_chain *recent_forget_chain(struct lower *l, const struct recent_list *t,
				     const struct operand *key)
{
	const char *name = arena_printf(l->arena, "recent-remove%s.%s", side(l, key), t->name);
	struct lower_saved saved;
	unsigned n = 0;
	bool fresh;
	struct ir_chain *c = lower_helper_chain(l, name, &fresh);

	if (!fresh)
		return c;
	lower_into(l, c, &saved);
	for (uint32_t i = 0; i < t->nwindows; i++) {
		const struct recent_window *w = &t->windows[i];

		for (uint32_t k = 0; k < (w->next ? 2 : 1) * w->hits; k++) {
			if (n++ && n % DELETES_PER_RULE == 0)
				lower_next_rule(l);
			change(l, k < w->hits ? w->slots[k] : w->next[k - w->hits], key,
			       DYNSET_DELETE);
		}
		if (w->busy)
			change(l, w->busy, key, DYNSET_DELETE);
	}
	for (unsigned j = 0; t->ttl && j < 8; j++) {
		if (!j)
			lower_next_rule(l);
		change(l, t->ttl[j], key, DYNSET_DELETE);
	}
	if (t->ttl)
		change(l, t->ttl_known, key, DYNSET_DELETE);
	lower_back(l, &saved);
	return c;
}
