/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover_note: how far a handover or the way back got, on disk. */
#include "handover.h"

#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include "verify/listing.h"

static const char *const notes[] = { "emptying", "restoring", "over" };

/* A line of the note; false: not understood. */
static bool read_line(struct handover *h, const char *s, size_t len)
{
	if (len > 6 && !strncmp(s, "table ", 6) && h->nours < SNAPSHOT_TABLES_MAX) {
		struct snapshot_table *t = &h->ours[h->nours++];

		t->family = h->ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
		return snprintf(t->name, sizeof(t->name), "%.*s", (int)len - 6, s + 6) < (int)sizeof(t->name);
	}
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++)
		if (len > 6 && !strncmp(s, "saved ", 6) && strlen(handover_saves[b]) == len - 6 &&
		    !strncmp(s + 6, handover_saves[b], len - 6)) {
			h->moves[b] = true;
			return true;
		}
	return false;
}

bool handover_read_note(struct handover *h)
{
	struct buffer *b = buffer_new(h->arena);
	bool fine = true;
	size_t len;

	h->note = NULL;
	h->nours = 0;
	for (unsigned i = 0; i < 3 && !h->note; i++)
		if (state_exists(&h->state, notes[i]))
			h->note = notes[i];
	if (!h->note || !state_read(&h->state, h->note, b))
		return false;
	for (const char *s = buffer_str(b); *s; s += len + (s[len] != 0)) {
		len = strcspn(s, "\n");
		fine &= read_line(h, s, len);
	}
	fine &= h->nours > 0 && (h->moves[XTABLES_LEGACY] || h->moves[XTABLES_NFT]);
	if (!fine)
		cli_error("the note of the handover is damaged: what was saved is in %s.*.save", h->state.key);
	return fine;
}

bool handover_write_note(struct handover *h)
{
	struct buffer *b = buffer_new(h->arena);

	for (unsigned i = 0; i < h->nours; i++)
		buffer_printf(b, "table %s\n", h->ours[i].name);
	for (unsigned i = 0; i < XTABLES_BACKENDS; i++)
		if (h->moves[i])
			buffer_printf(b, "saved %s\n", handover_saves[i]);
	return state_write(&h->state, "emptying", b->data, b->len);
}

void handover_say_interrupted(struct state *s, struct arena *a)
{
	struct handover h = { .state = *s, .arena = a, .ipv6 = strstr(s->key, "-ip6") != NULL };
	struct buffer *b = buffer_new(a);
	uint32_t generation;

	if (!state_exists(s, "emptying") && !state_exists(s, "restoring"))
		return;
	if (!handover_read_note(&h))
		return;
	if (!listing_take(h.ours, h.nours, b, &generation) && !b->len)
		fprintf(stderr, "iptc2nft: a handback was interrupted at its end: iptables' tables are loaded again, ours "
				"is gone; iptc2nft --handback ends it\n");
	else if (!strcmp(h.note, "restoring"))
		fprintf(stderr, "iptc2nft: a handback was interrupted: iptables' tables are loaded again, all or some, and "
				"ours is still there; iptc2nft --handback ends it\n");
	else
		fprintf(stderr, "iptc2nft: a handover was interrupted: our table is in force, but some of iptables' tables "
				"are empty and some may not be; iptc2nft --handover FILE or --handback ends it\n");
}
