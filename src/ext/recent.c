/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recent: net/netfilter/xt_recent.c, the lists.
 *
 * A list of xt_recent holds, by address, a ring of the latest stamps (at least as many as any rule's
 * --hitcount). A check asks whether the N-th latest stamp is there and, with --seconds, not older than
 * that. So each pair of seconds and hits that some rule of the list asks for becomes a window:
 *
 *  - hits 1: a set whose elements live for so many seconds, renewed by every stamp;
 *  - no seconds: sets 1 to N, of which a stamp fills the first one that is free;
 *  - both: N sets that the stamps go to in turn, so that the one that is written next has the oldest
 *    stamp, and the address was seen N times when it is in all of them. Which one is next is kept as
 *    one more set for each.
 *
 * An element that is deleted stays in its hash chain until the set's garbage collection comes by, once
 * a second, and a chain takes no more than 16 (RHT_ELASTICITY). So of an address that gets more than
 * BUSY * N stamps a second, not all are recorded: its N-th latest stamp is then up to 1/BUSY seconds old
 * when it should be new. Garbage is collected in sets with timeouts only: sets from which something is
 * deleted have that flag, their elements may live forever nonetheless.
 *
 * --rttl asks for the TTL that the latest stamp had. nft can't compare a packet's field with what a map
 * holds, so the TTL is kept as one set per bit and compared bit by bit. xt_recent adds 1 to the TTL of
 * packets that were forwarded: where all rules of a list see only such, or only others, that is the same
 * for both sides. A TTL of 0, on either side, matches any.
 *
 * Not kept: xt_recent forgets the least recently seen address when a list holds 100
 * (ip_list_tot); sets hold RECENT_SIZE addresses, and don't take new ones when they are full. User
 * space finds the addresses with `nft list set`, not in /proc/net/xt_recent.
 */
#include "recent.h"

#include "load_order.h"
#include <stdlib.h>
#include <string.h>

#define RECENT_SIZE 65535
#define BUSY        8
#define MARGIN      10 /* ms: that a slot's number outlives the stamp before it */

struct recent_lists {
	struct recent_list *list; /* by name */
	uint32_t n;
};

static int by_name(const void *a, const void *b)
{
	const struct recent_use *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : x->order < y->order ? -1 : x->order > y->order;
}

/* Every use of the match in the ruleset; counts only while @out is NULL. */
static uint32_t collect(const struct lower *l, const struct rule **r, uint32_t nrules, const struct ext *e,
			struct recent_use *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < nrules; i++)
		for (unsigned m = 0; r[i]->spec && m < r[i]->spec->nmatches; m++) {
			if (r[i]->spec->matches[m].ext != e)
				continue;
			if (out) {
				recent_decode(&r[i]->spec->matches[m], l->family, &out[n]);
				out[n].order = n;
				out[n].hooks = chain_hooks(r[i]->chain);
			}
			n++;
		}
	return n;
}

static struct recent_lists *find_lists(struct lower *l, const struct ext *e)
{
	struct recent_lists *all = ARENA_NEW(l->arena, struct recent_lists);
	uint32_t nrules, n;
	const struct rule **r = load_order(l->rs, &nrules);
	struct recent_use *uses;

	n = collect(l, r, nrules, e, NULL);
	uses = arena_array(l->arena, n, sizeof(*uses));
	collect(l, r, nrules, e, uses);
	qsort(uses, n, sizeof(*uses), by_name);
	all->list = arena_array(l->arena, n, sizeof(*all->list));
	for (uint32_t i = 0; i < n; i++) {
		struct recent_list *t = all->n ? &all->list[all->n - 1] : NULL;

		if (!t || strcmp(t->name, uses[i].name)) {
			t = &all->list[all->n++];
			t->name = uses[i].name;
			t->uses = &uses[i];
		}
		t->nuses++;
	}
	return all;
}

static struct ir_set *new_set(struct lower *l, const struct recent_list *t, uint64_t timeout,
			      const char *name)
{
	bool fresh;
	struct ir_set *s = lower_set_named(l, name, &fresh);

	if (!fresh)
		return s;
	s->key = ARENA_NEW(l->arena, struct set_key);
	s->key->of = operand_of(t->uses[0].dest ? field_daddr(l) : field_saddr(l));
	s->nkey = 1;
	s->flags = SET_DYNAMIC | (timeout || t->deletes ? SET_TIMEOUT : 0);
	s->timeout = timeout;
	s->size = RECENT_SIZE;
	s->owner = (void *)(uintptr_t)t;
	return s;
}

/* Slots in turn, what is next, and who is too fast. */
static void new_ring(struct lower *l, struct recent_list *t, struct recent_window *w, const char *kind)
{
	uint64_t timeout = (uint64_t)w->seconds * 1000;

	w->next = arena_array(l->arena, w->hits, sizeof(struct ir_set *));
	for (uint32_t i = 0; i < w->hits; i++) {
		w->slots[i] = new_set(l, t, timeout,
				      arena_printf(l->arena, "%s-%u-slot%u.%s", kind, w->hits, i, t->name));
		w->next[i] = new_set(l, t, timeout + MARGIN,
				     arena_printf(l->arena, "%s-%u-next%u.%s", kind, w->hits, i, t->name));
	}
	w->busy = new_set(l, t, timeout, arena_printf(l->arena, "%s-%u-busy.%s", kind, w->hits, t->name));
}

/* What comes before the dot holds none, so that names of different lists can't meet. */
static void new_window(struct lower *l, struct recent_list *t, struct recent_window *w)
{
	const char *kind = w->seconds ? arena_printf(l->arena, "recent-%us", w->seconds) : "recent";

	w->slots = arena_array(l->arena, w->hits, sizeof(struct ir_set *));
	if (w->hits > 1)
		t->chain = true;
	if (w->hits > 1 && w->seconds) {
		new_ring(l, t, w, kind);
		return;
	}
	for (uint32_t i = 0; i < w->hits; i++)
		w->slots[i] = new_set(l, t, (uint64_t)w->seconds * 1000,
				      i ? arena_printf(l->arena, "%s-%u.%s", kind, i + 1, t->name)
					: arena_printf(l->arena, "%s.%s", kind, t->name));
}

/* One window counts the hits of all checks without seconds. */
static void want(struct recent_list *t, uint32_t seconds, uint32_t hits)
{
	struct recent_window *w = t->windows, *end = w + t->nwindows;

	while (w < end && (w->seconds != seconds || (seconds && w->hits != hits)))
		w++;
	if (w == end) {
		t->nwindows++;
		w->seconds = seconds;
	}
	if (w->hits < hits)
		w->hits = hits;
}

struct recent_window *recent_window(struct recent_list *t, uint32_t seconds, uint32_t hits)
{
	for (uint32_t i = 0; i < t->nwindows; i++)
		if (t->windows[i].seconds == seconds && (!seconds || t->windows[i].hits == hits))
			return &t->windows[i];
	return NULL;
}

static void blame(struct lower *l, struct recent_list *t, const struct recent_use *u, const char *why)
{
	if (t->reason)
		return;
	t->at = u->use->at;
	t->reason = arena_printf(l->arena, "the list '%s' has no form in nftables: %s", t->name, why);
}

/* --reap forgets some entries that were not seen for so long: does any rule ask for these? */
static bool reap_matters(const struct recent_list *t, uint32_t seconds)
{
	for (uint32_t i = 0; i < t->nuses; i++) {
		const struct recent_use *u = &t->uses[i];

		if (u->op == RECENT_REMOVE || (u->op == RECENT_UPDATE && u->invert))
			return true;
		if ((u->op == RECENT_RCHECK || u->op == RECENT_UPDATE) &&
		    (!u->seconds || u->seconds > seconds))
			return true;
	}
	return false;
}

#define RECEIVED (IN_HOOK(PREROUTING) | IN_HOOK(INPUT))

/* recent_mt() counts the TTL as it was before forwarding, when there is an outgoing device and no
 * local socket. */
static bool ttl_comparable(const struct recent_list *t)
{
	unsigned hooks = 0;

	for (uint32_t i = 0; i < t->nuses; i++)
		hooks |= t->uses[i].hooks;
	return !(hooks & ~RECEIVED) || !(hooks & ~IN_HOOK(FORWARD));
}

static void judge(struct lower *l, struct recent_list *t)
{
	for (uint32_t i = 0; i < t->nuses; i++) {
		const struct recent_use *u = &t->uses[i];

		if (u->rttl && u->invert)
			blame(l, t, u, "--rttl with an inverted check");
		if (u->rttl && !ttl_comparable(t))
			blame(l, t, u, "--rttl in chains where a packet's TTL may or may not have been decreased");
		if (u->hits > RECENT_HITS_MAX)
			blame(l, t, u, "--hitcount is above 512, and each hit takes a set");
		if (memcmp(&u->mask, &t->uses[0].mask, sizeof(u->mask)))
			diag_add(l->ir->diags, IPTC2NFT_SEV_WARNING, u->use->at,
				 "the list '%s' keeps the mask of the rule that is loaded first", t->name);
		if (u->reap && reap_matters(t, u->seconds))
			blame(l, t, u, "--reap forgets the address seen longest ago, which other rules of "
				       "the list ask for");
	}
}

/* They live a little longer than any stamp whose check asks for them. */
static void new_ttl(struct lower *l, struct recent_list *t)
{
	uint64_t seconds = 0, timeout;
	bool forever = false, asked = false;

	for (uint32_t i = 0; i < t->nuses; i++)
		asked = asked || t->uses[i].rttl;
	if (!asked)
		return;
	for (uint32_t i = 0; i < t->nwindows; i++) {
		forever = forever || !t->windows[i].seconds;
		if (seconds < t->windows[i].seconds)
			seconds = t->windows[i].seconds;
	}
	timeout = forever ? 0 : (seconds + 1) * 1000;
	t->chain = true;
	t->ttl = arena_array(l->arena, 8, sizeof(struct ir_set *));
	for (unsigned j = 0; j < 8; j++)
		t->ttl[j] = new_set(l, t, timeout, arena_printf(l->arena, "recent-ttl-bit%u.%s", j, t->name));
	t->ttl_known = new_set(l, t, timeout, arena_printf(l->arena, "recent-ttl.%s", t->name));
}

static void fill(struct lower *l, struct recent_list *t)
{
	t->known = true;
	judge(l, t);
	if (t->reason)
		return;
	t->windows = arena_array(l->arena, 2 * t->nuses + 1u, sizeof(*t->windows));
	for (uint32_t i = 0; i < t->nuses; i++) {
		const struct recent_use *u = &t->uses[i];

		if (u->op == RECENT_RCHECK || u->op == RECENT_UPDATE)
			want(t, u->seconds, u->hits);
		if (u->hits > 1 && u->seconds) /* the first slot is next when there is no stamp */
			want(t, u->seconds, 1);
		t->deletes = t->deletes || u->rttl || u->op == RECENT_REMOVE || (u->hits > 1 && u->seconds);
		if (u->op == RECENT_REMOVE || (u->op == RECENT_UPDATE && u->invert))
			want(t, 0, 1);
	}
	for (uint32_t i = 0; i < t->nwindows; i++)
		new_window(l, t, &t->windows[i]);
	new_ttl(l, t);
}

struct recent_list *recent_find(struct lower *l, const struct ext *e, const char *name)
{
	void **note = lower_note(l, e);
	struct recent_lists *all = *note;
	uint32_t lo = 0, hi;

	if (!all)
		*note = all = find_lists(l, e);
	for (hi = all->n; hi - lo > 1;) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(all->list[mid].name, name) <= 0)
			lo = mid;
		else
			hi = mid;
	}
	if (!all->list[lo].known)
		fill(l, &all->list[lo]);
	return &all->list[lo];
}

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

/* When an update fails because its set is full, the rule ends there and the address stays where it is. */
static void turn(struct lower *l, const struct recent_window *w, uint32_t slot, const struct operand *key)
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
		w->seconds ? arena_printf(l->arena, "recent-%us-%u%s.%s", w->seconds, w->hits,
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

/* A rule holds 4 KiB of expressions (struct nft_rule, dlen), a masked delete takes some 200 bytes. */
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
			change(l, k < w->hits ? w->slots[k] : w->next[k - w->hits], key, DYNSET_DELETE);
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
