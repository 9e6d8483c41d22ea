/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover_work: emptying and loading again. Ours are in force meanwhile. */
#include "handover.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include "hooks.h"
#include "nl_attr.h"
#include "verify/nl_batch.h"
#include "verify/nl_table.h"

const char *const handover_saves[] = { "legacy.save", "nft.save" };

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

/* 0; ESTALE, ERESTART: it is not what was looked at */
static int empty_nft(struct handover *h)
{
	int e = nl_send(h->nft_batch->data, h->nft_batch->len, false);
	struct iptnft now;

	/* done by who was killed then? */
	if (e == ERESTART && !iptnft_read(&now, h->ipv6, h->ours, h->nours, h->arena) && iptnft_empty(&now, NULL))
		return 0;
	return e;
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

/* Ours go, if all is still as when @generation was read. */
static int remove_ours(struct handover *h, uint32_t generation)
{
	struct buffer *b = buffer_new(h->arena);
	uint8_t family = h->ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	struct nl_batch n;

	nl_batch_begin(&n, b, generation);
	for (unsigned i = 0; i < h->nours; i++) {
		nl_batch_message(&n, NFT_MSG_NEWTABLE, NLM_F_CREATE, family); /* there is one to delete */
		attr_string(b, NFTA_TABLE_NAME, h->ours[i].name);
		nl_batch_message_end(&n);
		nl_batch_message(&n, NFT_MSG_DELTABLE, 0, family);
		attr_string(b, NFTA_TABLE_NAME, h->ours[i].name);
		nl_batch_message_end(&n);
	}
	nl_batch_end(&n);
	return nl_send(b->data, b->len, false);
}

/* Back to ours alone. */
static int stay(struct handover *h)
{
	bool done = handover_look(h);

	for (unsigned i = 0; done && h->moves[XTABLES_LEGACY] && i < h->legacy.n; i++)
		done = h->legacy.tables[i].empty || !legacy_empty(&h->legacy, &h->legacy.tables[i]);
	if (done && h->moves[XTABLES_NFT]) {
		iptnft_empty_batch(&h->nft, h->nft_batch);
		done = !nl_send(h->nft_batch->data, h->nft_batch->len, false);
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
			if (strcmp(xtables_block(h->arena, h->text[b], table_names[id]),
				   xtables_block(h->arena, h->saved[b], table_names[id])) != 0) {
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
		e = remove_ours(h, h->generation);
	}
	if (e) {
		cli_error("our table can't be removed: %s", strerror(e));
		return stay(h);
	}
	pending_forget(&h->state); /* it is of our tables */
	forget(h, "restoring");
	return IPTC2NFT_OK;
}
