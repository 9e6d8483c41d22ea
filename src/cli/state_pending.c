/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_pending: the note that an apply waits for confirmation, and what becomes of it. */
#include "state.h"

#include <inttypes.h>
#include <stdio.h>

bool pending_write(struct state *s, const struct pending *p)
{
	char text[96];
	int n = snprintf(text, sizeof(text), "%ld %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			 (long)p->guard, p->deadline, p->token, p->print);

	return state_write(s, "pending", text, (size_t)n);
}

static bool note_read(struct state *s, const char *kind, struct buffer *room, struct pending *out)
{
	long guard;

	if (!state_read(s, kind, room))
		return false;
	if (sscanf(buffer_str(room), "%ld %" SCNu64 " %" SCNu64 " %" SCNu64, &guard, &out->deadline,
		   &out->token, &out->print) != 4)
		return false;
	out->guard = (pid_t)guard;
	return true;
}

bool pending_read(struct state *s, struct buffer *room, struct pending *out)
{
	return note_read(s, "pending", room, out);
}

bool pending_confirm(struct state *s)
{
	if (!state_rename(s, "pending", "confirmed"))
		return false;
	if (state_exists(s, "undone")) /* that was an earlier one */
		state_remove(s, "undone");
	return true;
}

bool pending_confirmed(struct state *s, struct buffer *room, uint64_t token)
{
	struct pending p;

	return note_read(s, "confirmed", room, &p) && p.token == token;
}

void pending_undo(struct state *s)
{
	static const char *const kinds[] = { "confirmed", "snapshot", "listing" };

	if (state_exists(s, "pending") && !state_rename(s, "pending", "undone"))
		state_remove(s, "pending");
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (state_exists(s, kinds[i]))
			state_remove(s, kinds[i]);
}

bool pending_undone(struct state *s, struct buffer *room, uint64_t token)
{
	struct pending p;

	return note_read(s, "undone", room, &p) && p.token == token;
}

void pending_forget(struct state *s)
{
	static const char *const kinds[] = { "pending", "confirmed", "undone", "snapshot",
					     "listing" };

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (state_exists(s, kinds[i]))
			state_remove(s, kinds[i]);
}
