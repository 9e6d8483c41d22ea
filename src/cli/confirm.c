/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confirm: --apply --confirm SECONDS, --confirm, --rollback.
 *
 * Order: snapshot and note are on disk, and the guard watches, before the kernel's rules change; so
 * whatever is killed when, somebody is left who puts the snapshot back, or the next call says that
 * nobody was. The guard is a process of its own session: neither the terminal's end nor that of the
 * session reaches it. Its clock goes on while the machine sleeps. Everything that decides happens
 * under the lock and begins by reading the note: a confirmed apply has none, and a note with another
 * number belongs to another apply.
 */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "arena.h"
#include "confirm.h"
#include "handover.h"
#include "verify/listing.h"
#include "verify/snapshot.h"

/* News, not errors; on stderr as these, so that what a script reads from stdout stays clean. */
static void say(const char *text)
{
	fprintf(stderr, "iptc2nft: %s\n", text);
}

static const char *const family_words[] = { "IPv4", "IPv6" };

/* Snapshot and note to disk, guard started. The lock is held. */
static bool arm(const struct cli_options *o, struct iptc2nft *ctx, struct state *s, struct pending *p,
		int alive[2], struct buffer *room)
{
	struct snapshot_table tables[SNAPSHOT_TABLES_MAX];
	bool ipv6 = iptc2nft_family(ctx) == IPTC2NFT_IPV6;
	uint32_t generation;
	const void *batch;
	size_t len;
	int e;

	/* The check also finds which of the kernel's tables the batch is going to replace. */
	if (iptc2nft_apply(ctx, true) != IPTC2NFT_OK ||
	    iptc2nft_emit(ctx, IPTC2NFT_NETLINK, &batch, &len) != IPTC2NFT_OK) {
		cli_diagnose(ctx);
		return false;
	}
	e = snapshot_take(tables, snapshot_tables_of(batch, len, tables), room);
	if (e) {
		cli_error("no snapshot of what is to be replaced: %s; nothing was changed",
			  e == EOPNOTSUPP ? "it holds what can't be put back exactly" : strerror(e));
		return false;
	}
	if (!state_write(s, "snapshot", room->data, room->len))
		return false;
	e = listing_take(tables, snapshot_tables_of(batch, len, tables), room, &generation);
	if (e) {
		cli_error("what is to be replaced can't be listed: %s; nothing was changed", strerror(e));
		return false;
	}
	if (!state_write(s, "listing", room->data, room->len))
		return false;
	p->deadline = state_now() + o->confirm_seconds;
	if (getrandom(&p->token, sizeof(p->token), 0) != sizeof(p->token))
		p->token = state_now() << 20 ^ (uint64_t)getpid();
	if (!pending_write(s, p)) /* the guard must find it */
		return false;
	p->guard = confirm_guard(s, ipv6, p, alive, room);
	if (p->guard < 0) {
		cli_error("no guard can be started: %s; nothing was changed", strerror(errno));
		state_remove(s, "pending");
		return false;
	}
	if (pending_write(s, p))
		return true;
	state_remove(s, "pending"); /* the guard ends when it sees none */
	return false;
}

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_ELSEWHERE, ANSWER_ALONE };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static enum answer read_answer(void)
{
	char line[64];

	if (!fgets(line, sizeof(line), stdin))
		return ANSWER_NO;
	return !strcmp(line, "yes\n") || !strcmp(line, "y\n") ? ANSWER_YES : ANSWER_NO;
}

/*
 * They are in force: from now on the time counts, however long the kernel took, and what is
 * confirmed has to be what is there now. Where the note can't be written again, the one before
 * stays good.
 */
static void note_in_force(struct state *s, unsigned seconds, struct pending *p, struct buffer *room)
{
	struct pending now = *p;

	now.print = confirm_print(s, room);
	now.deadline = state_now() + seconds;
	if (pending_write(s, &now))
		*p = now;
}

/* Until somebody answers here or elsewhere. The guard closes its pipe when it has ended. */
static enum answer ask(bool ipv6, struct pending *p, int alive, struct buffer *room)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	struct pollfd f[2] = { { .fd = alive, .events = POLLIN },
			       { .fd = terminal ? STDIN_FILENO : -1, .events = POLLIN } };
	struct sigaction stop = { .sa_handler = on_interrupt };
	uint64_t now = state_now();

	sigaction(SIGINT, &stop, NULL);
	fprintf(stderr, "iptc2nft: the new rules are in force, for %llu s. ",
		(unsigned long long)(p->deadline > now ? p->deadline - now : 0));
	fputs(terminal ? "Keep them? Type yes: " : "Keep them with: iptc2nft --confirm\n", stderr);
	for (;;) {
		poll(f, 2, CONFIRM_WATCH_MS);
		if (interrupted)
			return ANSWER_NO;
		if (f[1].revents)
			return read_answer();
		if (f[0].revents) {
			struct state s;
			bool still = false;

			if (state_open(&s, ipv6)) {
				still = confirm_waits(&s, room, p);
				state_close(&s);
			}
			return still ? ANSWER_ALONE : ANSWER_ELSEWHERE;
		}
	}
}

/* It was decided elsewhere: how? */
static int told_elsewhere(struct state *s, const struct pending *p, struct buffer *room)
{
	bool confirmed = pending_confirmed(s, room, p->token);

	if (confirmed)
		say("confirmed: the new rules stay");
	else if (pending_undone(s, room, p->token))
		say("not confirmed: the previous rules are back");
	else
		cli_error("the note of this apply is gone: whatever rules are in force now stay");
	return confirmed ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}

/* It was answered here, or nobody watches any more. */
static int decide_here(struct state *s, enum answer a, struct buffer *room)
{
	if (a == ANSWER_YES && confirm_possible(s, room)) {
		if (!pending_confirm(s))
			return IPTC2NFT_SYSTEM;
		say("confirmed: the new rules stay");
		return IPTC2NFT_OK;
	}
	if (confirm_restore(s, room))
		say(a == ANSWER_ALONE ? "the guard was killed: the previous rules are back"
				      : "the previous rules are back");
	return IPTC2NFT_SYSTEM;
}

static int decide(bool ipv6, struct pending *p, int alive, struct buffer *room)
{
	enum answer a = ask(ipv6, p, alive, room);
	struct state s;
	int st;

	if (!state_open(&s, ipv6))
		return IPTC2NFT_SYSTEM;
	st = confirm_waits(&s, room, p) ? decide_here(&s, a, room) : told_elsewhere(&s, p, room);
	state_close(&s);
	return st;
}

static int apply_confirm(const struct cli_options *o, struct iptc2nft *ctx, struct buffer *room)
{
	bool ipv6 = iptc2nft_family(ctx) == IPTC2NFT_IPV6, armed;
	enum iptc2nft_status st = IPTC2NFT_SYSTEM;
	struct pending p = { 0 };
	struct state s;
	int alive[2] = { -1, -1 };

	if (!state_open(&s, ipv6))
		return st;
	handover_say_interrupted(&s, room->arena);
	armed = !confirm_undecided(&s, room) && arm(o, ctx, &s, &p, alive, room);
	if (armed) {
		st = iptc2nft_apply(ctx, false);
		cli_diagnose(ctx);
		if (st == IPTC2NFT_OK)
			note_in_force(&s, o->confirm_seconds, &p, room);
		else /* nothing was changed: the guard ends when it sees no note */
			pending_forget(&s);
	}
	state_close(&s);
	return armed && st == IPTC2NFT_OK ? decide(ipv6, &p, alive[0], room) : (int)st;
}

int cli_apply_confirm(const struct cli_options *o, struct arena *a)
{
	struct iptc2nft *ctx;
	enum iptc2nft_status st = cli_compile(o, a, &ctx);

	return st == IPTC2NFT_OK ? apply_confirm(o, ctx, buffer_new(a)) : (int)st;
}

/* For good. Not over one that waits: its guard would take this one back too. And the way back from
 * an earlier one ends here: it would not lead to the rules that are in force before this one. */
int cli_apply(const struct cli_options *o, struct arena *a)
{
	struct iptc2nft *ctx;
	enum iptc2nft_status st = cli_compile(o, a, &ctx);
	size_t before;
	struct state s;
	bool notes;

	if (st != IPTC2NFT_OK)
		return st;
	before = iptc2nft_diagnostics(ctx);
	if (!state_look(&s, iptc2nft_family(ctx) == IPTC2NFT_IPV6, &notes))
		return IPTC2NFT_SYSTEM;
	if (notes) {
		handover_say_interrupted(&s, a);
		if (confirm_undecided(&s, buffer_new(a))) {
			state_close(&s);
			return IPTC2NFT_SYSTEM;
		}
	}
	st = iptc2nft_apply(ctx, false);
	if (iptc2nft_diagnostics(ctx) != before)
		cli_diagnose(ctx);
	if (notes && st == IPTC2NFT_OK)
		pending_forget(&s);
	state_close(&s);
	return st;
}

enum decided { DECIDED, DECIDED_NOTHING, DECIDED_FAILURE };

static enum decided confirm_one(struct state *s, struct buffer *room, unsigned family)
{
	if (!state_exists(s, "pending")) {
		if (state_exists(s, "undone"))
			fprintf(stderr,
				"iptc2nft: %s: the last apply was taken back: the previous rules are in force\n",
				family_words[family]);
		else if (state_exists(s, "confirmed"))
			fprintf(stderr, "iptc2nft: %s: the last apply is confirmed\n",
				family_words[family]);
		return DECIDED_NOTHING;
	}
	if (!confirm_possible(s, room) || !pending_confirm(s))
		return DECIDED_FAILURE;
	printf("%s: confirmed\n", family_words[family]);
	return DECIDED;
}

static enum decided rollback_one(struct state *s, struct buffer *room, unsigned family)
{
	if (!state_exists(s, "snapshot") && !state_exists(s, "pending"))
		return DECIDED_NOTHING;
	if (!confirm_restore(s, room)) {
		if (!state_exists(s, "snapshot")) /* then there is nothing to wait for */
			pending_forget(s);
		return DECIDED_FAILURE;
	}
	printf("%s: the previous rules are back\n", family_words[family]);
	return DECIDED;
}

int cli_decide(const struct cli_options *o, struct arena *a)
{
	struct buffer *room = buffer_new(a);
	unsigned found[DECIDED_FAILURE + 1] = { 0 };

	for (unsigned f = 0; f < 2; f++) {
		struct state s;

		if (o->compile.family && (o->compile.family == IPTC2NFT_IPV6) != (f == 1))
			continue;
		if (!state_open(&s, f == 1))
			return IPTC2NFT_SYSTEM;
		handover_say_interrupted(&s, a);
		found[o->mode == MODE_CONFIRM ? confirm_one(&s, room, f)
					      : rollback_one(&s, room, f)]++;
		state_close(&s);
	}
	if (!found[DECIDED] && !found[DECIDED_FAILURE])
		cli_error(o->mode == MODE_CONFIRM ? "nothing waits for confirmation"
						  : "there is no snapshot to go back to");
	return found[DECIDED] && !found[DECIDED_FAILURE] ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}
