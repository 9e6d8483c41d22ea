/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * second: a second thread, for work of a large ruleset that can be done beside the first one's.
 *
 * What the second thread makes is in an arena of its own, which the first one takes over when it
 * has joined it; the two share what neither of them changes meanwhile. It is a matter of speed
 * alone: all that it does the first thread can do as well, and does where there is no second
 * processor, no thread or no memory.
 */
#ifndef IPTC2NFT_SECOND_H
#define IPTC2NFT_SECOND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "arena.h"

#define SECOND_RULES 4000 /* so many rules pay for a thread */

struct second {
	struct arena arena; /* the second thread's */
	struct arena *owner;
	pthread_t thread;
	bool running;	  /* the owner's: not joined yet */
	bool failed;	  /* it ran out of memory; read it after second_join() */
	atomic_bool stop; /* nobody waits for it any more: asked now and then by @work */
	void (*work)(struct second *s, void *arg);
	void (*ended)(void *arg);
	void *arg;
};

/* second_worth - is there a processor to run it on? */
bool second_worth(void);

/*
 * second_start - run work(s, arg) and then ended(arg) in a thread of its own
 * @owner: the arena that second_join() adds the thread's to; when it is freed before, the thread is
 *         stopped and joined. *@s lives in it.
 * @ended: NULL: nothing. Also runs when memory has run out in @work, which ends that
 *
 * False: there is no thread.
 */
bool second_start(struct second *s, struct arena *owner, void (*work)(struct second *s, void *arg),
		  void (*ended)(void *arg), void *arg);

/* second_join - wait for its end; false: it was cut short */
bool second_join(struct second *s);

#endif
