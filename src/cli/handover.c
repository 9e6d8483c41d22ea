/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover: --handover and --handback: what must hold before, and what is written down. */
#include "handover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include "context.h"
#include "verify/likeness.h"

#define LOCK_SECONDS 10

static const char *const family_words[] = { "IPv4", "IPv6" };

static void close_state(void *h)
{
	state_close(&((struct handover *)h)->state);
}

/* The lock is held from here on. NULL: said why. */
static struct handover *begin(bool ipv6, struct arena *a)
{
	struct handover *h = ARENA_NEW(a, struct handover);

	h->arena = a;
	h->ipv6 = ipv6;
	h->listing = buffer_new(a);
	h->nft_accept = buffer_new(a);
	h->nft_empty = buffer_new(a);
	h->nft_drop = buffer_new(a);
	h->first_listing = buffer_new(a);
	h->own_drop = buffer_new(a);
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++) {
		h->text[b] = buffer_new(a);
		h->saved[b] = buffer_new(a);
		h->program[b] = xtables_program(a, (enum xtables_backend)b, ipv6, "save");
		h->restore[b] = xtables_program(a, (enum xtables_backend)b, ipv6, "restore");
	}
	if (!state_open(&h->state, ipv6))
		return NULL;
	arena_defer(a, close_state, h);
	handover_say_interrupted(&h->state, a);
	return h;
}

/* Both are closed with the process: the lock must outlast whoever works. */
static bool lock_xtables(void)
{
	if (legacy_lock(LOCK_SECONDS) >= 0)
		return true;
	if (errno == EWOULDBLOCK)
		cli_error("another program holds the lock of xtables; nothing was changed");
	else
		cli_error("the lock of xtables can't be had: %s; nothing was changed",
			  strerror(errno));
	return false;
}

static bool pending_said(struct handover *h)
{
	if (!state_exists(&h->state, "pending"))
		return false;
	cli_error("an apply still waits for confirmation: iptc2nft --confirm or --rollback");
	return true;
}

static bool ours_in_force(struct handover *h, struct iptc2nft *ctx)
{
	struct buffer *wanted = buffer_new(h->arena);

	if (!handover_wanted(h, ctx, wanted) || !handover_look(h))
		return false;
	if (wanted->len == h->listing->len && !memcmp(wanted->data, h->listing->data, wanted->len))
		return true;
	cli_error("the kernel's table %s is not what these rules make: iptc2nft --apply --confirm first",
		  h->ours[0].name);
	return false;
}

/* The options of a rule may have been in another order, or defaults not written: then the rules are
 * saved as the backend saves them, into @text (empty: that is not possible), and compared again. */
static bool alike_when_saved(struct handover *h, struct iptc2nft *ctx, enum xtables_backend b,
			     const struct likeness *there, struct buffer *text)
{
	struct likeness saved;

	if (there->status != IPTC2NFT_OK || !handover_as_saved(h, ctx, b, text)) {
		text->len = 0;
		return false;
	}
	saved = likeness_of_text(ctx, "these rules", text, LIKENESS_ALL, h->arena);
	return saved.status == IPTC2NFT_OK && likeness_equal(&saved, there);
}

static void put_differences(const char *program, struct likeness *rules, struct likeness *there,
			    struct buffer *rules_saved, struct buffer *there_saved,
			    struct buffer *out)
{
	size_t before = out->len;

	if (there->status != IPTC2NFT_OK) {
		buffer_puts(out, iptc2nft_render(there->ctx, cli_color(STDERR_FILENO)));
		return;
	}
	if (rules_saved->len)
		likeness_differences_saved(rules_saved, there_saved, out);
	if (out->len == before)
		likeness_differences(rules, there, out);
	if (out->len == before)
		buffer_printf(out, "they are what %s prints\n", program);
}

/* Where an earlier one was interrupted: what that saved is what counts, and what is there now is left of it. */
static bool alike(struct handover *h, struct iptc2nft *ctx, enum xtables_backend b, bool left,
		  struct buffer *differences)
{
	struct likeness rules = likeness_of(ctx, LIKENESS_ALL, h->arena), there;
	struct buffer *text = left ? h->saved[b] : h->text[b], *rules_saved = buffer_new(h->arena);

	if (rules.status != IPTC2NFT_OK) { /* what was said of them, was said */
		cli_diagnose(rules.ctx);
		return false;
	}
	there = likeness_of_text(ctx, h->program[b], text, LIKENESS_ALL, h->arena);
	if ((there.status == IPTC2NFT_OK && likeness_equal(&rules, &there)) ||
	    alike_when_saved(h, ctx, b, &there, rules_saved))
		return !left || handover_room(h, b, false);
	buffer_printf(differences, "iptc2nft: error: %s has other rules than these:\n", xtables_names[b]);
	put_differences(h->program[b], &rules, &there, rules_saved, text, differences);
	return false;
}

/* Which of the two are like the rules; the exit status. @before: what an earlier one had saved */
static int compare(struct handover *h, struct iptc2nft *ctx, const bool before[XTABLES_BACKENDS])
{
	struct buffer *differences = buffer_new(h->arena);

	for (unsigned b = 0; b < XTABLES_BACKENDS; b++) {
		bool left = h->resumed && before[b];

		if (left && !state_read(&h->state, handover_saves[b], h->saved[b])) {
			cli_error("what was saved can't be read: nothing was changed");
			return IPTC2NFT_SYSTEM;
		}
		h->moves[b] = handover_has(h, (enum xtables_backend)b, TABLE_COUNT);
		if (!h->moves[b])
			continue;
		h->moves[b] = alike(h, ctx, (enum xtables_backend)b, left, differences);
		if (left && !h->moves[b]) {
			fputs(buffer_str(differences), stderr);
			return IPTC2NFT_DIFFERENT;
		}
	}
	fputs(buffer_str(differences), stderr);
	if (differences->len && !h->moves[XTABLES_LEGACY] && !h->moves[XTABLES_NFT]) {
		cli_error("nothing was changed");
		return IPTC2NFT_DIFFERENT;
	}
	if (differences->len)
		fputs("iptc2nft: these stay as they are\n", stderr);
	return IPTC2NFT_OK;
}

/* All that is needed for the way back on disk, then the note. What an earlier one has saved is whole, where
 * that was interrupted; what is there now isn't. @before: what the earlier one had saved. */
static bool write_down(struct handover *h, const bool before[XTABLES_BACKENDS])
{
	bool now[XTABLES_BACKENDS];

	memcpy(now, h->moves, sizeof(now));
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++)
		if (h->moves[b] && !(h->resumed && before[b]) &&
		    !state_write(&h->state, handover_saves[b], h->text[b]->data, h->text[b]->len))
			return false;
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++)
		h->moves[b] |= before[b];
	if (!handover_write_note(h))
		return false;
	memcpy(h->moves, now, sizeof(now));
	state_remove(&h->state, "restoring");
	state_remove(&h->state, "over");
	/* Going back beyond the apply would now leave nothing in force. That it was confirmed, somebody may
	 * still want to know. */
	state_remove(&h->state, "snapshot");
	state_remove(&h->state, "listing");
	handover_nft_batches(h);
	return true;
}

static void say_done(const struct handover *h, const char *what)
{
	printf("%s: %s", family_words[h->ipv6], what);
	for (unsigned b = 0, n = 0; b < XTABLES_BACKENDS; b++)
		if (h->moves[b])
			printf("%s%s", n++ ? ", " : "", xtables_names[b]);
	putchar('\n');
}

static int hand_over(struct handover *h, struct iptc2nft *ctx)
{
	bool before[XTABLES_BACKENDS];
	int st;

	if (pending_said(h) || !lock_xtables() || (!handover_read_note(h) && h->note))
		return IPTC2NFT_SYSTEM;
	memcpy(before, h->moves, sizeof(before));
	h->resumed = h->note && strcmp(h->note, "over") != 0;
	if (!ours_in_force(h, ctx))
		return IPTC2NFT_SYSTEM;
	st = compare(h, ctx, before);
	if (st != IPTC2NFT_OK)
		return st;
	if (!h->resumed && !h->moves[XTABLES_LEGACY] && !h->moves[XTABLES_NFT]) {
		printf("%s: %s\n", family_words[h->ipv6],
		       h->note ? "was handed over before: our table decides alone"
			       : "no table of iptables has anything: our table decides alone");
		return IPTC2NFT_OK;
	}
	if (!write_down(h, before))
		return IPTC2NFT_SYSTEM;
	st = handover_carry_out(h, handover_empty);
	if (st == IPTC2NFT_OK)
		say_done(h, "our table decides alone; emptied and saved: ");
	return st;
}

int cli_handover(const struct cli_options *o, struct arena *a)
{
	struct iptc2nft *ctx;
	enum iptc2nft_status st = cli_compile(o, a, &ctx);
	struct handover *h;

	if (st != IPTC2NFT_OK)
		return st;
	h = begin(iptc2nft_family(ctx) == IPTC2NFT_IPV6, a);
	return h ? hand_over(h, ctx) : IPTC2NFT_SYSTEM;
}

static int hand_back(struct handover *h)
{
	int st;

	h->resumed = strcmp(h->note, "over") != 0;
	if (pending_said(h) || !lock_xtables() || !handover_look(h))
		return IPTC2NFT_SYSTEM;
	for (unsigned b = 0; b < XTABLES_BACKENDS; b++) {
		if (h->moves[b] && !state_read(&h->state, handover_saves[b], h->saved[b])) {
			cli_error("what was saved can't be read: nothing was changed");
			return IPTC2NFT_SYSTEM;
		}
		if (h->moves[b] && !handover_room(h, (enum xtables_backend)b, !h->resumed))
			return IPTC2NFT_DIFFERENT;
	}
	buffer_put(h->first_listing, h->listing->data, h->listing->len);
	if (iptnft_drops(&h->own))
		iptnft_policy_batch(&h->own, false, 0, h->own_drop);
	if (strcmp(h->note, "restoring") != 0 && !state_rename(&h->state, h->note, "restoring"))
		return IPTC2NFT_SYSTEM;
	st = handover_carry_out(h, handover_restore);
	if (st == IPTC2NFT_OK)
		say_done(h, "our table is gone; loaded again: ");
	return st;
}

/* @begun: there is a place for notes, which is the same for both families. */
static int hand_back_family(bool ipv6, struct arena *a, bool *found, bool *begun)
{
	struct handover *h = begin(ipv6, a);
	int st = IPTC2NFT_SYSTEM;

	*begun = h;
	if (!h)
		return st;
	if (handover_read_note(h))
		st = hand_back(h);
	else if (!h->note)
		st = IPTC2NFT_OK;
	*found = h->note;
	return st;
}

int cli_handback(const struct cli_options *o, struct arena *a)
{
	bool found[2] = { false, false }, begun = true;
	int st = IPTC2NFT_OK;

	for (unsigned f = 0; f < 2 && begun; f++) {
		if (o->compile.family && (o->compile.family == IPTC2NFT_IPV6) != (f == 1))
			continue;

		int one = hand_back_family(f == 1, a, &found[f], &begun);

		if (one != IPTC2NFT_OK)
			st = one;
	}
	if (st == IPTC2NFT_OK && !found[0] && !found[1]) {
		cli_error("nothing was handed over");
		return IPTC2NFT_SYSTEM;
	}
	return st;
}
