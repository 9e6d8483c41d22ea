/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover_work: emptying and loading again. Ours are in force meanwhile. */
#include "handover.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "hooks.h"
#include "verify/nl_table.h"

const char *const handover_saves[] = { "legacy.save", "nft.save" };

void handover_nft_batches(struct handover *h)
{
	uint32_t g = h->generation;

	iptnft_policy_batch(&h->nft, true, g, h->nft_accept);
	iptnft_policy_batch(&h->nft, false, 0, h->nft_drop);
	iptnft_empty_batch(&h->nft, iptnft_drops(&h->nft) ? iptnft_next(g) : g, h->nft_empty);
}

/* From what is on disk; @table: this one only. The xtables programs are given a lock of their own: we
 * hold theirs. */
static bool load(struct handover *h, enum xtables_backend b, const char *table)
{
	char path[STATE_PATH_MAX];
	struct xtables_load how = { .table = table, .counters = true };
	int fd = state_file(&h->state, handover_saves[b]), e = EIO;

	how.lock = state_path(&h->state, "xtables", path);

	for (int i = 0; fd >= 0 && e && e != ENOENT && i < 2; i++) /* once more, should it have been killed */
		e = xtables_restore(h->restore[b], fd, &how);
	state_remove(&h->state, "xtables");
	if (fd >= 0)
		close(fd);
	if (e && fd >= 0)
		cli_error("%s: %s", h->restore[b], e == ENOENT ? "is not installed" : "failed");
	return !e;
}

static void forget(struct handover *h, const char *note)
{
	state_remove(&h->state, note);
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++)
		state_remove(&h->state, handover_saves[b]);
}

/* Load the first @n tables again that we emptied. */
static int take_back(struct handover *h, unsigned n)
{
	bool done = !h->resumed;

	for (unsigned i = 0; done && i < n; i++)
		if (!h->legacy.tables[i].empty)
			done = load(h, XTABLES_LEGACY, h->legacy.tables[i].name);
	if (done)
		forget(h, "emptying");
	cli_error(done ? "what had been emptied is back" : "it is half done: our table decides, some of iptables' are empty: iptc2nft --handover or --handback");
	return IPTC2NFT_SYSTEM;
}

/* Who was killed had got to the policies, and nobody has changed anything since? */
static bool accepted_before(struct handover *h)
{
	struct iptnft now;

	return h->again && !iptnft_read(&now, h->ipv6, h->ours, h->nours, h->arena) &&
	       now.generation == iptnft_next(h->generation) && !iptnft_drops(&now);
}

static bool emptied_before(struct handover *h)
{
	struct iptnft now;

	return h->again && !iptnft_read(&now, h->ipv6, h->ours, h->nours, h->arena) && iptnft_empty(&now, NULL);
}

static int send_it(const struct buffer *b)
{
	return nl_send(nl_whole(b), false);
}

/* 0; ERESTART: it is not what was looked at */
static int empty_nft(struct handover *h)
{
	bool drops = iptnft_drops(&h->nft);
	int e = drops ? send_it(h->nft_accept) : 0;

	if (e == ERESTART && accepted_before(h))
		e = 0;
	if (!e) {
		e = send_it(h->nft_empty);
		if (e && drops && !emptied_before(h))
			send_it(h->nft_drop);
	}
	return e == ERESTART && emptied_before(h) ? 0 : e;
}

int handover_empty(struct handover *h)
{
	struct legacy *l = &h->legacy;
	unsigned i = 0;
	int e = 0;

	if (!state_exists(&h->state, "emptying")) /* who was killed had done it, or taken it back */
		return state_exists(&h->state, "over") ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
	for (; h->moves[XTABLES_LEGACY] && !e && i < l->n; i++)
		if (!l->tables[i].empty && !legacy_empty_now(l, &l->tables[i]))
			e = legacy_empty(l, &l->tables[i]);
	if (e) {
		cli_error("table %s of iptables-legacy: %s", l->tables[i - 1].name,
			  e == ESTALE ? "was changed meanwhile" : strerror(e));
		return take_back(h, i - 1);
	}
	if (h->moves[XTABLES_NFT] && (e = empty_nft(h)) != 0) {
		cli_error("iptables-nft: %s", e == ERESTART ? "the tables were changed meanwhile" : strerror(e));
		return take_back(h, i);
	}
	if (!h->moves[XTABLES_NFT] && !handover_ours_same(h)) {
		cli_error("our table was changed meanwhile");
		return take_back(h, i);
	}
	return state_rename(&h->state, "emptying", "over") ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}

/* Ours go, if all is still as it was looked at. */
static int remove_ours(struct handover *h)
{
	struct buffer *b = buffer_new(h->arena);
	uint32_t generation = h->generation;
	int e = 0;

	if (iptnft_drops(&h->own)) {
		iptnft_policy_batch(&h->own, true, generation, b);
		e = send_it(b);
		generation = iptnft_next(generation);
	}
	if (e)
		return e;
	iptnft_delete_batch(&h->own, generation, b);
	return send_it(b);
}

/* Is our table, which was there at the beginning, in force as it was? */
static bool ours_whole(struct handover *h)
{
	if (h->own_drop->len)
		send_it(h->own_drop); /* its policies, should they be ACCEPT by now */
	return handover_look(h) && h->listing->len && h->listing->len == h->first_listing->len &&
	       !memcmp(h->listing->data, h->first_listing->data, h->listing->len);
}

/* Back to ours alone. */
static int stay(struct handover *h)
{
	bool done = ours_whole(h);

	if (!done) {
		cli_error("our table is not as it was: what is loaded of iptables' tables stays");
		return IPTC2NFT_SYSTEM;
	}
	for (unsigned i = 0; done && h->moves[XTABLES_LEGACY] && i < h->legacy.n; i++)
		done = h->legacy.tables[i].empty || !legacy_empty(&h->legacy, &h->legacy.tables[i]);
	if (done && h->moves[XTABLES_NFT]) {
		handover_nft_batches(h);
		done = !empty_nft(h);
	}
	if (done && state_rename(&h->state, "restoring", "over"))
		cli_error("our table still decides, alone");
	else
		cli_error("our table still decides; some of iptables' are loaded: iptc2nft --handover or --handback");
	return IPTC2NFT_SYSTEM;
}

static bool loaded(struct handover *h)
{
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++)
		for (unsigned id = 0; h->moves[b] && id < TABLE_COUNT; id++)
			if (strcmp(xtables_block(h->arena, h->text[b], table_names[id], true),
				   xtables_block(h->arena, h->saved[b], table_names[id], true)) != 0) {
				cli_error("table %s of %s is not as it was", table_names[id], xtables_names[b]);
				return false;
			}
	return true;
}

int handover_restore(struct handover *h)
{
	int e = ERESTART;

	if (!state_exists(&h->state, "restoring")) /* who was killed had done it, or stayed */
		return state_exists(&h->state, "over") ? IPTC2NFT_SYSTEM : IPTC2NFT_OK;
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++)
		if (h->moves[b] && !load(h, (enum xtables_backend)b, NULL))
			return stay(h);
	for (int i = 0; e == ERESTART && i < HANDOVER_TRIES; i++) {
		if (!handover_look(h) || !loaded(h))
			return stay(h);
		e = remove_ours(h);
	}
	if (e) {
		cli_error("our table can't be removed: %s", strerror(e));
		return stay(h);
	}
	pending_forget(&h->state); /* it is of our tables */
	forget(h, "restoring");
	return IPTC2NFT_OK;
}
