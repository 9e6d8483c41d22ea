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
#include <sys/wait.h>
#include <unistd.h>
#include "arena.h"
#include "handover.h"
#include "state.h"
#include "verify/listing.h"
#include "verify/nl_replace.h"
#include "verify/nl_table.h"
#include "verify/snapshot.h"

#define WATCH_MS 200 /* how often the guard looks at note and clock */
#define GUARD_TRIES 300 /* when time is up: a minute */

/* News, not errors; on stderr as these, so that what a script reads from stdout stays clean. */
static void say(const char *text)
{
	fprintf(stderr, "iptc2nft: %s\n", text);
}

static const char *const family_words[] = { "IPv4", "IPv6" };

static int send_back(const struct buffer *batch)
{
	struct buffer *fresh = buffer_new(batch->arena);
	struct nl_pieces pieces;
	int e = ERESTART;

	for (int i = 0; e == ERESTART && i < NL_REPLACE_TRIES && nl_replace(batch, fresh, &pieces); i++)
		e = nl_send(pieces, false);
	return e == ERESTART ? nl_send(nl_whole(batch), false) : e;
}

/* Put the snapshot back and forget it; the lock is held. Without a snapshot there is nothing to do. */
static bool restore(struct state *s, struct buffer *room)
{
	int e;

	if (!state_read(s, "snapshot", room)) {
		cli_error("there is no snapshot to go back to");
		return false;
	}
	e = send_back(room);
	if (e) {
		cli_error("the previous state can't be put back: %s", strerror(e));
		return false;
	}
	pending_forget(s);
	return true;
}

/* Does the note of this apply still wait? One that can't be read does. The lock is held. */
static bool waits(struct state *s, struct buffer *room, uint64_t token)
{
	struct pending p;

	return state_exists(s, "pending") && (!pending_read(s, room, &p) || p.token == token);
}

/*
 * The guard: until the note goes (confirmed or rolled back) or time is up. It holds the write end of
 * @alive, so that whoever reads it learns of its end. Signals that end a session don't end it; those
 * that end it bring the snapshot back first.
 */
static volatile sig_atomic_t told_to_end;

static void on_end(int sig)
{
	(void)sig;
	told_to_end = 1;
}

static void guard_signals(void)
{
	struct sigaction end = { .sa_handler = on_end }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGQUIT, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Without the state directory there is nothing to put back, but it may only be out of reach for a while. */
static void guard(bool ipv6, uint64_t token, uint64_t deadline, struct buffer *room)
{
	for (unsigned failures = 0; failures < GUARD_TRIES;) {
		struct state s;
		bool over = told_to_end || state_now() >= deadline, still;

		if (state_open(&s, ipv6)) {
			still = waits(&s, room, token);
			if (still && over)
				restore(&s, room);
			state_close(&s);
			if (!still || over)
				return;
		} else if (over) {
			failures++;
		}
		poll(NULL, 0, WATCH_MS);
	}
}

/* In the new process. The lock that it inherited is the caller's, and would last as long as this copy. */
static void guard_main(struct state *s, bool ipv6, const struct pending *p, struct buffer *room)
{
	bool ready = !chdir("/") && pending_guard(s);

	state_close(s);
	if (!ready)
		_exit(1);
	guard_signals();
	guard(ipv6, p->token, p->deadline, room);
	_exit(0);
}

/* Start it; its process id, or -1. Twice forked, so that nobody has to wait for it. */
static pid_t guard_start(struct state *s, bool ipv6, const struct pending *p, int alive[2],
			 struct buffer *room)
{
	pid_t middle, id = -1;
	int tell[2];

	if (pipe(alive) || pipe(tell))
		return -1;
	middle = fork();
	if (middle == 0) {
		pid_t g;

		setsid();
		g = fork();
		if (g) {
			if (write(tell[1], &g, sizeof(g)) != sizeof(g))
				_exit(1);
			_exit(0);
		}
		close(tell[0]);
		close(tell[1]);
		close(alive[0]);
		guard_main(s, ipv6, p, room);
	}
	close(alive[1]);
	close(tell[1]);
	if (middle > 0 && read(tell[0], &id, sizeof(id)) != sizeof(id))
		id = -1;
	close(tell[0]);
	if (middle > 0)
		waitpid(middle, NULL, 0);
	return id;
}

/* Are the tables as they were before the apply? */
static bool previous_in_force(struct state *s, struct buffer *room)
{
	struct snapshot_table tables[SNAPSHOT_TABLES_MAX];
	struct buffer *now = buffer_new(room->arena);
	uint32_t generation;
	unsigned n;

	if (!state_read(s, "snapshot", room))
		return false;
	n = snapshot_tables_of(room->data, room->len, tables);
	return state_read(s, "listing", room) && !listing_take(tables, n, now, &generation) &&
	       now->len == room->len && (!now->len || !memcmp(now->data, room->data, now->len));
}

/* Is an earlier apply undecided? Then say how things stand. */
static bool undecided(struct state *s, struct buffer *room)
{
	struct pending p = { 0 };

	if (!state_exists(s, "pending"))
		return false;
	pending_read(s, room, &p);
	if (pending_guarded(s) && p.deadline > state_now())
		cli_error("another apply waits for confirmation, %llu s more: iptc2nft --confirm or --rollback",
			  (unsigned long long)(p.deadline - state_now()));
	else if (previous_in_force(s, room))
		cli_error("an earlier apply was neither confirmed nor taken back, and nobody watches it: the "
			  "previous rules are in force; iptc2nft --rollback ends it");
	else
		cli_error("an earlier apply was neither confirmed nor taken back, and nobody watches it: the new "
			  "rules are in force; iptc2nft --confirm or --rollback");
	return true;
}

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
	p->guard = guard_start(s, ipv6, p, alive, room);
	if (p->guard < 0) {
		cli_error("no guard can be started: %s; nothing was changed", strerror(errno));
		state_remove(s, "pending");
		return false;
	}
	return pending_write(s, p);
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

/* Until somebody answers here or elsewhere. The guard closes its pipe when it has ended. */
static enum answer ask(bool ipv6, const struct pending *p, int alive, struct buffer *room)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	struct pollfd f[2] = { { .fd = alive, .events = POLLIN },
			       { .fd = terminal ? STDIN_FILENO : -1, .events = POLLIN } };
	struct sigaction stop = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &stop, NULL);
	fprintf(stderr, "iptc2nft: the new rules are in force, for %u s. ",
		(unsigned)(p->deadline - state_now()));
	fputs(terminal ? "Keep them? Type yes: " : "Keep them with: iptc2nft --confirm\n", stderr);
	for (;;) {
		poll(f, 2, WATCH_MS);
		if (interrupted)
			return ANSWER_NO;
		if (f[1].revents)
			return read_answer();
		if (f[0].revents) {
			struct state s;
			bool still = false;

			if (state_open(&s, ipv6)) {
				still = waits(&s, room, p->token);
				state_close(&s);
			}
			return still ? ANSWER_ALONE : ANSWER_ELSEWHERE;
		}
	}
}

static int decide(bool ipv6, const struct pending *p, int alive, struct buffer *room)
{
	enum answer a = ask(ipv6, p, alive, room);
	struct state s;
	int st = IPTC2NFT_SYSTEM;

	if (a == ANSWER_ELSEWHERE) {
		if (state_open(&s, ipv6)) {
			st = pending_confirmed(&s, room, p->token) ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
			state_close(&s);
		}
		say(st == IPTC2NFT_OK ? "confirmed: the new rules stay"
				      : "not confirmed: the previous rules are back");
		return st;
	}
	if (!state_open(&s, ipv6))
		return IPTC2NFT_SYSTEM;
	if (!waits(&s, room, p->token)) {
		cli_error("too late: it was decided meanwhile");
	} else if (a == ANSWER_YES) {
		if (pending_confirm(&s)) {
			say("confirmed: the new rules stay");
			st = IPTC2NFT_OK;
		}
	} else if (restore(&s, room)) {
		say(a == ANSWER_ALONE ? "the guard was killed: the previous rules are back"
				      : "the previous rules are back");
	}
	state_close(&s);
	return st;
}

static int apply(const struct cli_options *o, struct iptc2nft *ctx, struct buffer *room)
{
	bool ipv6 = iptc2nft_family(ctx) == IPTC2NFT_IPV6, armed;
	enum iptc2nft_status st = IPTC2NFT_SYSTEM;
	struct pending p = { 0 };
	struct state s;
	int alive[2] = { -1, -1 };

	if (!state_open(&s, ipv6))
		return st;
	handover_say_interrupted(&s, room->arena);
	armed = !undecided(&s, room) && arm(o, ctx, &s, &p, alive, room);
	if (armed) {
		st = iptc2nft_apply(ctx, false);
		cli_diagnose(ctx);
		if (st != IPTC2NFT_OK) /* nothing was changed: the guard ends when it sees no note */
			state_remove(&s, "pending");
	}
	state_close(&s);
	return armed && st == IPTC2NFT_OK ? decide(ipv6, &p, alive[0], room) : (int)st;
}

int cli_apply_confirm(const struct cli_options *o, struct arena *a)
{
	struct iptc2nft *ctx;
	enum iptc2nft_status st = cli_compile(o, a, &ctx);

	return st == IPTC2NFT_OK ? apply(o, ctx, buffer_new(a)) : (int)st;
}

static bool confirm_one(struct state *s, unsigned family)
{
	if (!state_exists(s, "pending") || !pending_confirm(s))
		return false;
	printf("%s: confirmed\n", family_words[family]);
	return true;
}

static bool rollback_one(struct state *s, struct buffer *room, unsigned family)
{
	if (!state_read(s, "snapshot", room) || !restore(s, room))
		return false;
	printf("%s: the previous rules are back\n", family_words[family]);
	return true;
}

int cli_decide(const struct cli_options *o, struct arena *a)
{
	struct buffer *room = buffer_new(a);
	unsigned done = 0;
	bool failed = false;

	for (unsigned f = 0; f < 2; f++) {
		struct state s;

		if (o->compile.family && (o->compile.family == IPTC2NFT_IPV6) != (f == 1))
			continue;
		failed = !state_open(&s, f == 1);
		if (failed)
			break;
		handover_say_interrupted(&s, a);
		done += o->mode == MODE_CONFIRM ? confirm_one(&s, f) : rollback_one(&s, room, f);
		state_close(&s);
	}
	if (!done && !failed)
		cli_error(o->mode == MODE_CONFIRM ? "nothing waits for confirmation"
						  : "there is no snapshot to go back to");
	return done ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}
