/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover: from iptables' tables to ours, and back.
 *
 * Our table is in force from before the first step to after the last, and so is what iptables has until
 * it is emptied: each packet is judged by ours, or by both. What is emptied is on disk before, whole.
 *
 * A note in the state directory tells how far it got (its lines: "table NAME" for each of ours, "saved
 * KIND" for what is on disk); of several the first counts:
 *  emptying   begun; some of iptables' tables may be empty
 *  restoring  the way back has begun; some may be loaded again, ours are there until the end
 *  over       done: ours alone decide
 * and beside it legacy.save and nft.save: what was emptied, for iptables-…-restore.
 */
#ifndef IPTC2NFT_HANDOVER_H
#define IPTC2NFT_HANDOVER_H

#include "cli.h"
#include "state.h"
#include "verify/iptnft.h"
#include "verify/legacy.h"
#include "verify/snapshot.h"
#include "verify/xtables.h"

#define HANDOVER_TRIES 5 /* while others change what is looked at */

struct handover {
	struct state state;
	struct arena *arena;
	bool ipv6;
	struct snapshot_table ours[SNAPSHOT_TABLES_MAX];
	unsigned nours;
	struct buffer *listing; /* of ours */
	uint32_t generation;	/* that all of this was seen at */
	struct legacy legacy;
	struct iptnft nft, own; /* iptables-nft's chains, and ours */
	struct buffer *nft_accept, *nft_empty, *nft_drop; /* its policies, then its rules go; policies come back */
	struct buffer *first_listing, *own_drop;	  /* the way back: ours at the beginning, its policies */
	struct buffer *text[XTABLES_BACKENDS];
	const char *program[XTABLES_BACKENDS]; /* that saves */
	const char *restore[XTABLES_BACKENDS];
	bool moves[XTABLES_BACKENDS]; /* is to be emptied, or to be loaded */
	struct buffer *saved[XTABLES_BACKENDS]; /* the way back: what is on disk */
	bool again;			      /* the process that worked was killed, this one goes on */
	bool resumed;			      /* an earlier one was left half done */
	const char *note;		      /* that there was at the beginning, or NULL */
};

extern const char *const handover_saves[XTABLES_BACKENDS]; /* kinds of state */

/* The note: which there is, into h->note, our tables and, into h->moves, what was saved. False: there is none,
 * or said why. */
bool handover_read_note(struct handover *h);
bool handover_write_note(struct handover *h);

/* Was a handover or handback left half done? Then say so, and how things stand. The lock is held. */
void handover_say_interrupted(struct state *s, struct arena *a);

/* Our tables, into @out: those that the ruleset makes, and the listing that they have in a namespace of
 * their own. False: said why. */
bool handover_wanted(struct handover *h, struct iptc2nft *ctx, struct buffer *out);

/* The rules as a backend has them: loaded into a namespace of their own and saved there. False: that is not
 * possible here (sets that they refer to are missing). */
bool handover_as_saved(struct handover *h, struct iptc2nft *ctx, enum xtables_backend b, struct buffer *out);

/* Look at all there is, at one moment. False: said why. */
bool handover_look(struct handover *h);

/* Has it rules or policies, in the table @id or (TABLE_COUNT) in any? */
bool handover_has(const struct handover *h, enum xtables_backend b, unsigned id);

/* handover_room - is each table empty, or as it was saved? Says which is not. @policies: as saved also where
 * only policies are ACCEPT now */
bool handover_room(struct handover *h, enum xtables_backend b, bool policies);

/* Is the generation still the one that was looked at, or our tables at least as they were? */
bool handover_ours_same(struct handover *h);

/* The batches that empty iptables-nft, from what was looked at. */
void handover_nft_batches(struct handover *h);

/*
 * The work, when everything is on disk; may be called again to finish what an earlier call began.
 * The exit status.
 */
int handover_empty(struct handover *h);
int handover_restore(struct handover *h);

/* handover_carry_out - @work in a process of its own, which no signal for this one and no terminal's end
 * reaches; should it be killed, this process takes over. */
int handover_carry_out(struct handover *h, int (*work)(struct handover *h));

#endif
