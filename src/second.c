/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "second.h"

#include <sched.h>
#include <signal.h>

bool second_worth(void)
{
	cpu_set_t cpus;

	return !sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) > 1;
}

static void *run(void *arg)
{
	struct second *s = arg;
	jmp_buf oom;

	s->arena.on_oom = &oom;
	if (setjmp(oom))
		s->failed = true;
	else
		s->work(s, s->arg);
	if (s->ended)
		s->ended(s->arg);
	return NULL;
}

static void join(struct second *s)
{
	if (s->running)
		pthread_join(s->thread, NULL);
	s->running = false;
}

/* The owner's memory goes: it came to an end before it joined the thread, or after. */
static void abandon(void *arg)
{
	struct second *s = arg;

	atomic_store(&s->stop, true);
	join(s);
	arena_free(&s->arena);
}

/* Signals are for the threads that the program has made. */
static bool create(struct second *s)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before))
		return false;
	error = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !error;
}

bool second_start(struct second *s, struct arena *owner, void (*work)(struct second *s, void *arg),
		  void (*ended)(void *arg), void *arg)
{
	*s = (struct second){ .owner = owner, .work = work, .ended = ended, .arg = arg };
	arena_init(&s->arena);
	s->arena.large = true;
	arena_defer(owner, abandon, s);
	s->running = create(s);
	return s->running;
}

bool second_join(struct second *s)
{
	join(s);
	arena_adopt(s->owner, &s->arena);
	return !s->failed;
}
