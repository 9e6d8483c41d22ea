/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover_look: what the kernel has, of ours and of iptables'. */
#include "handover.h"

#include <errno.h>
#include <string.h>
#include "hooks.h"
#include "verify/listing.h"
#include "verify/nl_table.h"

static bool legacy_has(const struct handover *h, unsigned id)
{
	for (unsigned i = 0; i < h->legacy.n; i++)
		if (!h->legacy.tables[i].empty &&
		    (id == TABLE_COUNT || !strcmp(h->legacy.tables[i].name, table_names[id])))
			return true;
	return false;
}

bool handover_has(const struct handover *h, enum xtables_backend b, unsigned id)
{
	return b == XTABLES_LEGACY ? legacy_has(h, id)
				   : !iptnft_empty(&h->nft, id == TABLE_COUNT ? NULL : table_names[id]);
}

static uint32_t generation_now(void)
{
	struct nl_socket s = { 0 };
	uint32_t g = 0;

	if (nl_open(&s) || nl_generation(&s, &g))
		g = 0;
	nl_close(&s);
	return g;
}

bool handover_ours_same(struct handover *h)
{
	struct buffer *now;
	uint32_t g;

	if (generation_now() == h->generation)
		return true;
	now = buffer_new(h->arena);
	return !listing_take(h->ours, h->nours, now, &g) && now->len == h->listing->len &&
	       !memcmp(now->data, h->listing->data, now->len);
}

static uint32_t rule_lines(struct buffer *text)
{
	uint32_t n = 0;

	for (const char *s = buffer_str(text); (s = strstr(s, "] -A ")); s++)
		n++;
	return n;
}

/* The text is all that there is? */
static bool complete(struct handover *h, enum xtables_backend b)
{
	if (b != XTABLES_NFT || (!xtables_incomplete(h->text[b]) && !h->nft.foreign &&
				 rule_lines(h->text[b]) >= h->nft.rules))
		return true;
	cli_error("%s does not show all that is in its tables: others have put something there", h->program[b]);
	return false;
}

static bool save(struct handover *h, enum xtables_backend b)
{
	int e;

	h->text[b]->len = 0;
	if (!handover_has(h, b, TABLE_COUNT))
		return true;
	e = xtables_save(h->program[b], h->text[b]);
	if (e)
		cli_error("%s: %s", h->program[b], e == ENOENT ? "is not installed" : "failed");
	return !e;
}

/* Nothing of it changed while it was read? */
static bool steady(struct handover *h)
{
	for (unsigned i = 0; i < h->legacy.n; i++)
		if (!legacy_same(&h->legacy, &h->legacy.tables[i]))
			return false;
	return h->nft.generation == h->generation && h->own.generation == h->generation &&
	       generation_now() == h->generation;
}

bool handover_look(struct handover *h)
{
	for (int i = 0; i < HANDOVER_TRIES; i++) {
		int e = listing_take(h->ours, h->nours, h->listing, &h->generation);

		if (!e)
			e = legacy_read(&h->legacy, h->ipv6, h->arena);
		if (!e)
			e = iptnft_read(&h->nft, h->ipv6, h->ours, h->nours, h->arena);
		if (!e)
			e = iptnft_read_ours(&h->own, h->ipv6, h->ours, h->nours, h->arena);
		if (e) {
			cli_error("the tables can't be read: %s", strerror(e));
			return false;
		}
		if (!save(h, XTABLES_LEGACY) || !save(h, XTABLES_NFT))
			return false;
		if (steady(h))
			return complete(h, XTABLES_NFT);
	}
	cli_error("the tables change all the time; nothing was changed");
	return false;
}

bool handover_room(struct handover *h, enum xtables_backend b, bool policies)
{
	for (unsigned id = 0; id < TABLE_COUNT; id++) {
		const char *now = xtables_block(h->arena, h->text[b], table_names[id], policies);

		if (!*now || !strcmp(now, xtables_block(h->arena, h->saved[b], table_names[id], policies)))
			continue;
		cli_error("table %s of %s has got rules meanwhile; nothing was changed:\n%s", table_names[id],
			  xtables_names[b], now);
		return false;
	}
	return true;
}
