/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state: what an apply with confirmation leaves behind until it is confirmed: the snapshot, and a
 * note that it waits. In /run/iptc2nft (or $IPTC2NFT_STATE), named after the network namespace and
 * the family; a reboot forgets both the kernel's rules and these files.
 *
 * The directory may outlive the machine's uptime, and a namespace's number is given to another one
 * when it is gone: so the lock holds what tells both apart, and the notes of another boot or
 * namespace are forgotten. What a handover has saved is not: it may be the only copy.
 */
#ifndef IPTC2NFT_STATE_H
#define IPTC2NFT_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "buffer.h"

struct state {
	int dir, lock;
	char key[64]; /* "4026531840-ip" */
};

/* The note: who watches, until when, a number that no other apply has, and what tells the new rules
 * from others. */
struct pending {
	pid_t guard;
	uint64_t deadline; /* CLOCK_BOOTTIME, seconds */
	uint64_t token;
	uint64_t print; /* of the tables' listing when they were in force (confirm_print()); 0: not
			   known, or not yet */
};

/* Open the directory, made if need be, and take the lock, waiting for it. False: said why on stderr. */
bool state_open(struct state *s, bool ipv6);
/* Likewise, but nothing is made. @there: there are notes of this boot and namespace, which the
 * caller may see; otherwise there is nothing to close. False: said why */
bool state_look(struct state *s, bool ipv6, bool *there);
void state_close(struct state *s);

/* Written to another name first and renamed, both flushed to disk. False: said why. */
bool state_write(struct state *s, const char *kind, const void *data, size_t len);
/* False: there is none (errno ENOENT), or said why. */
bool state_read(struct state *s, const char *kind, struct buffer *out);
void state_remove(struct state *s, const char *kind);

/* One kind becomes another; needs no room on the disk. */
bool state_rename(struct state *s, const char *from, const char *to);
bool state_exists(struct state *s, const char *kind);
/* For another program: a descriptor to read it from (-1: said why), and its path. */
int state_file(struct state *s, const char *kind);
#define STATE_PATH_MAX 4096
const char *state_path(const struct state *s, const char *kind, char out[STATE_PATH_MAX]);

bool pending_write(struct state *s, const struct pending *p);
bool pending_read(struct state *s, struct buffer *room, struct pending *out);

/* It is confirmed: another kind then, "confirmed", until what it kept is forgotten. */
bool pending_confirm(struct state *s);
bool pending_confirmed(struct state *s, struct buffer *room, uint64_t token);

/* What was there before is there again: "undone", and the rest is forgotten. */
void pending_undo(struct state *s);
bool pending_undone(struct state *s, struct buffer *room, uint64_t token);

/* No way back to before the last apply any more. */
void pending_forget(struct state *s);

/* Become its guard, as long as this process lives. Is there one? */
bool pending_guard(struct state *s);
bool pending_guarded(struct state *s);

/* Seconds since boot, those asleep included. */
uint64_t state_now(void);

#endif
