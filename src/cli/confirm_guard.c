/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confirm_guard: until the note goes (confirmed or rolled back) or time is up. It holds the write
 * end of
 * @alive, so that whoever reads it learns of its end. Signals that end a session don't end it;
 * those that end it bring the snapshot back first.
 */
#include "confirm.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli.h"

#define TRIES 300 /* when time is up: a minute */

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

struct watch {
	struct state state;
	bool ipv6;
	struct pending pending;
	struct buffer *room;
};

enum seen { SEEN_WAITS, SEEN_DECIDED, SEEN_FAILURE };

static bool time_is_up(const struct watch *w)
{
	return told_to_end || state_now() >= w->pending.deadline;
}

/* Without the state directory there is nothing to put back, but it may only be out of reach for a
 * while. */
static enum seen look(struct watch *w)
{
	enum seen seen = SEEN_WAITS;

	if (!state_open(&w->state, w->ipv6))
		return SEEN_FAILURE;
	if (!confirm_waits(&w->state, w->room, &w->pending))
		seen = SEEN_DECIDED;
	else if (time_is_up(w))
		seen = confirm_put_back(&w->state, w->room) ? SEEN_FAILURE : SEEN_DECIDED;
	state_close(&w->state);
	return seen;
}

/* Nor is it the end when memory has run out: it may be somebody else who eats it. */
static enum seen look_again(struct watch *w)
{
	jmp_buf oom;

	w->state = (struct state){ .dir = -1, .lock = -1 };
	w->room->arena->on_oom = &oom;
	if (!setjmp(oom))
		return look(w);
	state_close(&w->state);
	return SEEN_FAILURE;
}

static void guard(bool ipv6, const struct pending *p, struct buffer *room)
{
	struct watch w = { .ipv6 = ipv6, .pending = *p, .room = room };

	for (unsigned failures = 0; failures < TRIES;) {
		enum seen seen = look_again(&w);

		if (seen == SEEN_DECIDED)
			return;
		failures += seen == SEEN_FAILURE && time_is_up(&w);
		poll(NULL, 0, CONFIRM_WATCH_MS);
	}
	cli_error("the previous state could not be put back for a minute: the guard gives up");
}

/* In the new process. The lock that it inherited is the caller's, and would last as long as this
 * copy. */
static void guard_main(struct state *s, bool ipv6, const struct pending *p, struct buffer *room)
{
	bool ready = !chdir("/") && pending_guard(s);

	state_close(s);
	if (!ready)
		_exit(1);
	guard_signals();
	guard(ipv6, p, room);
	_exit(0);
}

/* Twice forked, so that nobody has to wait for it. */
pid_t confirm_guard(struct state *s, bool ipv6, const struct pending *p, int alive[2],
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
