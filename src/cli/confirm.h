/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confirm: what --apply --confirm, its guard, --confirm and --rollback share. All but the guard's
 * start is called with the lock of the state held.
 */
#ifndef IPTC2NFT_CONFIRM_H
#define IPTC2NFT_CONFIRM_H

#include "buffer.h"
#include "state.h"

#define CONFIRM_WATCH_MS 200 /* how often note and clock are looked at */

/* confirm_put_back - put the snapshot back and forget it. 0, or an errno; ENOENT: there is none. */
int confirm_put_back(struct state *s, struct buffer *room);

/* The same; false: said why. */
bool confirm_restore(struct state *s, struct buffer *room);

/* Does the note of this apply still wait? One that can't be read does. @p: gets what can have
 * changed in it */
bool confirm_waits(struct state *s, struct buffer *room, struct pending *p);

/* confirm_print - what tells the tables that the apply has replaced from others; 0: they can't be
 * listed, or there is no snapshot that names them. Counters and what packets fill don't count. */
uint64_t confirm_print(struct state *s, struct buffer *room);

/* Is an earlier apply undecided? Then say how things stand. */
bool confirm_undecided(struct state *s, struct buffer *room);

/* Are the tables those that were applied, so that this can be confirmed? False: said why not. */
bool confirm_possible(struct state *s, struct buffer *room);

/*
 * confirm_guard - start it: a process of its own session that puts the snapshot back when time is
 * up, if the note still waits then; its process id, or -1
 * @alive: a pipe, whose end for reading tells (by the end of the file) that the guard has ended
 */
pid_t confirm_guard(struct state *s, bool ipv6, const struct pending *p, int alive[2],
		    struct buffer *room);

#endif
