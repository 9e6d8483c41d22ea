/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "verify/side.h"

#define PROGRESS_US 50000
#define PATIENCE_MS 90000 /* beyond the sending: loading */

uint64_t run_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct layout {
	size_t signatures, ports, hits, policies, says, records, size;
};

static size_t place(size_t *at, size_t size)
{
	size_t start = *at;

	*at += (size + 63) & ~(size_t)63;
	return start;
}

static struct layout layout_of(const struct verify_setup *s)
{
	struct layout l;
	size_t at = 0;

	place(&at, sizeof(struct side) * 2);
	l.signatures = place(&at, sizeof(struct signature) * (s->plan->npackets + 1u));
	l.ports = place(&at, sizeof(uint32_t) * (s->plan->npackets + 1u));
	l.hits = place(&at, sizeof(uint64_t) * (s->rules->n + 1u));
	l.policies = place(&at, sizeof(uint64_t) * (s->rules->nchains + 1u));
	l.says = place(&at, sizeof(uint64_t) * (s->rules->n + 1u));
	l.records = place(&at, RECORDS_SIZE);
	l.size = at;
	return l;
}

struct side *sides_new(const struct verify_setup *s)
{
	struct layout l = layout_of(s);
	uint8_t *room = mmap(NULL, l.size * 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct side *pair = (struct side *)(void *)room;

	if (room == MAP_FAILED)
		return NULL;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *base = room + l.size * i;

		pair[i].signatures = (struct signature *)(void *)(base + l.signatures);
		pair[i].ports = (uint32_t *)(void *)(base + l.ports);
		pair[i].hits = (uint64_t *)(void *)(base + l.hits);
		pair[i].policies = (uint64_t *)(void *)(base + l.policies);
		pair[i].says = (uint64_t *)(void *)(base + l.says);
		pair[i].records = base + l.records;
	}
	return pair;
}

void sides_free(struct side *pair, const struct verify_setup *s)
{
	if (pair)
		munmap(pair, layout_of(s).size * 2);
}

static void reset(struct side *i, const struct verify_setup *s)
{
	struct side fresh = { .signatures = i->signatures, .ports = i->ports, .hits = i->hits, .policies = i->policies,
			      .says = i->says, .records = i->records };

	memcpy(i, &fresh, sizeof(fresh));
	memset(i->hits, 0, sizeof(*i->hits) * (s->rules->n + 1u));
	memset(i->says, 0, sizeof(*i->says) * (s->rules->n + 1u));
	memset(i->policies, 0, sizeof(*i->policies) * (s->rules->nchains + 1u));
}

static pid_t start(const struct verify_setup *s, const struct run_wish *w, struct side *pair, unsigned which)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	side_main(s, w, w->kind[which], &pair[which], &pair[!which]);
}

/* One that has ended, in whatever way. */
static void reaped(struct side *pair, unsigned i, int status)
{
	if (atomic_load(&pair[i].step) < SIDE_DONE) {
		snprintf(pair[i].error, sizeof(pair[i].error), "a process was ended by signal %d",
			 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		atomic_store(&pair[i].step, SIDE_FAILED);
	}
	if (atomic_load(&pair[i].step) == SIDE_FAILED)
		atomic_store(&pair[!i].peer_gone, true);
}

static void supervise(struct side *pair, pid_t *pid, uint64_t end, void (*progress)(void *arg, uint32_t sent),
		      void *arg)
{
	unsigned left = (pid[0] > 0) + (pid[1] > 0);

	while (left) {
		struct timespec t = { 0, PROGRESS_US * 1000 / 10 };

		for (unsigned i = 0; i < 2; i++) {
			int status;

			if (pid[i] <= 0 || waitpid(pid[i], &status, WNOHANG) != pid[i])
				continue;
			reaped(pair, i, status);
			pid[i] = -1;
			left--;
		}
		if (!left)
			break;
		for (unsigned i = 0; i < 2 && run_now_ms() > end; i++)
			if (pid[i] > 0)
				kill(pid[i], SIGKILL);
		nanosleep(&t, NULL);
		if (progress)
			progress(arg, atomic_load(&pair[0].sent));
	}
}

int run_pair(const struct verify_setup *s, const struct run_wish *w, struct side *pair,
	     void (*progress)(void *arg, uint32_t sent), void *arg)
{
	pid_t pid[2];

	for (unsigned i = 0; i < 2; i++)
		reset(&pair[i], s);
	for (unsigned i = 0; i < 2; i++) {
		pid[i] = start(s, w, pair, i);
		if (pid[i] < 0) {
			snprintf(pair[i].error, sizeof(pair[i].error), "no process: %s", strerror(errno));
			atomic_store(&pair[i].step, SIDE_FAILED);
			atomic_store(&pair[!i].peer_gone, true);
		}
	}
	supervise(pair, pid, run_now_ms() + w->send_ms + PATIENCE_MS, progress, arg);
	for (unsigned i = 0; i < 2; i++)
		if (pair[i].step == SIDE_FAILED)
			return IPTC2NFT_SYSTEM;
	return IPTC2NFT_OK;
}
