/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recent: net/netfilter/xt_recent.c, the lists.
 *
 * A list of xt_recent holds, by address, a ring of the latest stamps (at least as many as any
 * rule's --hitcount). A check asks whether the N-th latest stamp is there and, with --seconds, not
 * older than that. So each pair of seconds and hits that some rule of the list asks for becomes a
 * window:
 *
 *  - hits 1: a set whose elements live for so many seconds, renewed by every stamp;
 *  - no seconds: sets 1 to N, of which a stamp fills the first one that is free;
 *  - both: N sets that the stamps go to in turn, so that the one that is written next has the
 *    oldest stamp, and the address was seen N times when it is in all of them. Which one is next is
 *    kept as one more set for each.
 *
 * --rttl asks for the TTL that the latest stamp had. nft can't compare a packet's field with what a
 * map holds, so the TTL is kept as one set per bit and compared bit by bit. xt_recent adds 1 to the
 * TTL of packets that were forwarded: where all rules of a list see only such, or only others, that
 * is the same for both sides. A TTL of 0, on either side, matches any.
 *
 * Not kept: xt_recent forgets the least recently seen address when a list holds 100
 * (ip_list_tot); sets hold 65535 addresses, and don't take new ones when they are full. User
 * space finds the addresses with `nft list set`, not in /proc/net/xt_recent.
 */
#include "recent.h"

#include "load_order.h"
#include <stdlib.h>
#include <string.h>

#define RECENT_SIZE 65535
/* ms: that a slot's number outlives the stamp before it. A ring that begins anew meanwhile comes to the old
 * number and goes on from there. Whole seconds, for nft's JSON. */
#define MARGIN 1000

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
static uint32_t collect(const struct lower *l, const struct rule **r, uint32_t nrules,
			const struct ext *e, struct recent_use *out)
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
static void new_ring(struct lower *l, struct recent_list *t, struct recent_window *w,
		     const char *kind)
{
	uint64_t timeout = (uint64_t)w->seconds * 1000;

	w->next = arena_array(l->arena, w->hits, sizeof(struct ir_set *));
	for (uint32_t i = 0; i < w->hits; i++) {
		w->slots[i] = new_set(
			l, t, timeout,
			arena_printf(l->arena, "%s-%u-slot%u.%s", kind, w->hits, i, t->name));
		w->next[i] = new_set(
			l, t, timeout + MARGIN,
			arena_printf(l->arena, "%s-%u-next%u.%s", kind, w->hits, i, t->name));
	}
	w->busy = new_set(l, t, timeout,
			  arena_printf(l->arena, "%s-%u-busy.%s", kind, w->hits, t->name));
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

static void blame(struct lower *l, struct recent_list *t, const struct recent_use *u,
		  const char *why)
{
	if (t->reason)
		return;
	t->at = u->use->at;
	t->reason =
		arena_printf(l->arena, "the list '%s' has no form in nftables: %s", t->name, why);
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
			blame(l, t, u,
			      "--rttl in chains where a packet's TTL may or may not have been "
			      "decreased");
		if (u->hits > RECENT_HITS_MAX)
			blame(l, t, u, "--hitcount is above 512, and each hit takes a set");
		if (memcmp(&u->mask, &t->uses[0].mask, sizeof(u->mask)))
			diag_add(l->ir->diags, IPTC2NFT_SEV_WARNING, u->use->at,
				 "the list '%s' keeps the mask of the rule that is loaded first",
				 t->name);
		if (u->reap && reap_matters(t, u->seconds))
			blame(l, t, u,
			      "--reap forgets the address seen longest ago, which other rules of "
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
		t->ttl[j] = new_set(l, t, timeout,
				    arena_printf(l->arena, "recent-ttl-bit%u.%s", j, t->name));
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
		t->deletes = t->deletes || u->rttl || u->op == RECENT_REMOVE ||
			     (u->hits > 1 && u->seconds);
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
