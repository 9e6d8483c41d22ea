/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pieces: work in pieces, of which the first thread takes one after the other from the front and
 * the second from the back, until they meet. Each piece is done by one of them.
 */
#ifndef IPTC2NFT_PIECES_H
#define IPTC2NFT_PIECES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pieces {
	uint32_t n;
	uint32_t front; /* the first thread has taken those before it */
	uint32_t back;	/* and the second these from here on */
	bool at_work;	/* the second is still at piece back */
	pthread_mutex_t lock;
	pthread_cond_t left;
};

/* False: the system has no room for a lock. */
bool pieces_init(struct pieces *p, uint32_t n);

/* The first thread comes to piece @i, in order; true: to do it. False: the second thread has done
 * it; it was waited for. */
bool pieces_take_front(struct pieces *p, uint32_t i);

/* The second thread has done what it took before, if anything, and takes the next; false: they have
 * met. */
bool pieces_take_back(struct pieces *p, uint32_t *i);

/* The second thread comes to its end, maybe in the middle of a piece, and takes no more. */
void pieces_leave(struct pieces *p);

#endif
