/* SPDX-License-Identifier: GPL-2.0-or-later */
/* confirm_stand: how things stand with an apply that waits, and back to what was before it. */
#include "confirm.h"

#include <errno.h>
#include <string.h>
#include "cli.h"
#include "verify/listing.h"
#include "verify/nl_replace.h"
#include "verify/nl_table.h"
#include "verify/snapshot.h"

static int send_back(const struct buffer *batch)
{
	struct buffer *fresh = buffer_new(batch->arena);
	struct nl_pieces pieces;
	int e = ERESTART;

	for (int i = 0; e == ERESTART && i < NL_REPLACE_TRIES && nl_replace(batch, fresh, &pieces);
	     i++)
		e = nl_send(pieces, false);
	return e == ERESTART ? nl_send(nl_whole(batch), false) : e;
}

int confirm_put_back(struct state *s, struct buffer *room)
{
	int e;

	if (!state_read(s, "snapshot", room))
		return state_exists(s, "snapshot") ? EIO : ENOENT;
	e = send_back(room);
	if (!e)
		pending_undo(s);
	return e;
}

bool confirm_restore(struct state *s, struct buffer *room)
{
	int e = confirm_put_back(s, room);

	if (e == ENOENT)
		cli_error("there is no snapshot to go back to");
	else if (e)
		cli_error("the previous state can't be put back: %s", strerror(e));
	return !e;
}

bool confirm_waits(struct state *s, struct buffer *room, struct pending *p)
{
	struct pending now;

	if (!state_exists(s, "pending"))
		return false;
	if (!pending_read(s, room, &now))
		return true;
	if (now.token == p->token)
		*p = now;
	return now.token == p->token;
}

/* The listing of the tables that the snapshot is of; false: there is none. */
static bool list(struct state *s, struct buffer *room, struct buffer *out)
{
	struct snapshot_table tables[SNAPSHOT_TABLES_MAX];
	uint32_t generation;

	return state_read(s, "snapshot", room) &&
	       !listing_take(tables, snapshot_tables_of(room->data, room->len, tables), out,
			     &generation);
}

uint64_t confirm_print(struct state *s, struct buffer *room)
{
	struct buffer *now = buffer_new(room->arena);
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	if (!list(s, room, now))
		return 0;
	for (size_t i = 0; i < now->len; i++)
		h = (h ^ (unsigned char)now->data[i]) * 1099511628211u;
	return h ? h : 1;
}

/* Are the tables as they were before the apply? */
static bool previous_in_force(struct state *s, struct buffer *room)
{
	struct buffer *now = buffer_new(room->arena);

	return list(s, room, now) && state_read(s, "listing", room) && now->len == room->len &&
	       (!now->len || !memcmp(now->data, room->data, now->len));
}

bool confirm_undecided(struct state *s, struct buffer *room)
{
	struct pending p = { 0 };

	if (!state_exists(s, "pending"))
		return false;
	pending_read(s, room, &p);
	if (pending_guarded(s) && p.deadline > state_now())
		cli_error("another apply waits for confirmation, %llu s more: iptc2nft --confirm "
			  "or --rollback",
			  (unsigned long long)(p.deadline - state_now()));
	else
		cli_error("an earlier apply was neither confirmed nor taken back, and nobody watches it: "
			  "%s",
			  previous_in_force(s, room) ? "the previous rules are in force; iptc2nft "
						       "--rollback ends it"
			  : p.print && p.print != confirm_print(s, room)
				  ? "neither the previous nor the new rules are in force, others have "
				    "changed them; iptc2nft --rollback"
				  : "the new rules are in force; iptc2nft --confirm or --rollback");
	return true;
}

bool confirm_possible(struct state *s, struct buffer *room)
{
	struct pending p = { 0 };

	if (!pending_read(s, room, &p)) {
		cli_error("the note of the apply can't be read: iptc2nft --rollback ends it");
		return false;
	}
	if (!state_exists(s, "snapshot")) /* nor is there a way back */
		return true;
	if (p.print ? p.print == confirm_print(s, room) : !previous_in_force(s, room))
		return true;
	cli_error("%s: nothing is confirmed; they can only be taken back (iptc2nft --rollback)",
		  p.print ? "the tables are no longer as they were applied, others have changed them"
			  : "the new rules did not come into force");
	return false;
}
