/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Memory that runs out ends the work where it is: the note stays. */
static int guarded(struct handover *h, int (*work)(struct handover *h))
{
	jmp_buf *before = h->arena->on_oom, oom;
	volatile int st = IPTC2NFT_SYSTEM;

	h->arena->on_oom = &oom;
	if (setjmp(oom))
		cli_error("out of memory");
	else
		st = work(h);
	h->arena->on_oom = before;
	return st;
}

static void ignore_ends(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		signal(ends[i], SIG_IGN);
}

int handover_carry_out(struct handover *h, int (*work)(struct handover *h))
{
	int tell[2], st;
	ssize_t n;
	pid_t id;

	ignore_ends();
	if (pipe(tell))
		return guarded(h, work);
	fflush(stdout);
	id = fork();
	if (id == 0) {
		setsid();
		st = guarded(h, work);
		_exit(write(tell[1], &st, sizeof(st)) != sizeof(st));
	}
	close(tell[1]);
	do
		n = id > 0 ? read(tell[0], &st, sizeof(st)) : 0;
	while (n < 0 && errno == EINTR);
	close(tell[0]);
	if (id > 0)
		waitpid(id, NULL, 0);
	if (n == sizeof(st))
		return st;
	h->again = true;
	return guarded(h, work);
}
