/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * follow: what a packet provokes on this host: it comes back in over lo, it is answered.
 *
 * The walk of a packet ends with the packet; but the connection table is only right when the host's own
 * answers have passed it too. They are walked without being told, unless they are asked for.
 */
#include "sim/follow.h"

#include <linux/if_packet.h>
#include "sim/answer.h"
#include "sim/path.h"

/* Back in over lo: marks and connection stay, the socket does not. */
static void come_back(struct sim *s, const struct sim_packet *p, struct sim_packet *back)
{
	uint8_t *data = back->data;
	uint32_t cap = back->cap;

	*back = *p;
	back->data = data;
	back->cap = cap;
	packet_set(back, s->arena, p->data, p->len);
	back->local = false;
	back->in = p->out;
	back->out = NULL;
	back->has_socket = back->has_mac = false;
	back->reroute = NULL;
	back->pkttype = p->copied ? PACKET_LOOPBACK : PACKET_HOST;
	back->is_copy = p->copied;
	back->copied = false;
	back->forced_state = 0;
	back->has_forced_mark = false;
}

/* Is it told, and that it begins? */
static bool begins(struct sim *s, const struct sim_packet *p, bool told, bool answer)
{
	if (!told)
		return false;
	s->provoked++;
	if (s->follow && s->follow->begin)
		s->follow->begin(s->follow->arg, s, p, answer);
	return true;
}

static void ends(struct sim *s)
{
	if (s->follow && s->follow->end)
		s->follow->end(s->follow->arg, s);
}

/* The second way through POSTROUTING of a packet that was copied. */
static void again(struct sim *s, const struct sim_packet *p, bool told)
{
	sim_observer observer = s->observer;
	struct sim_packet *a = &s->spare[2];
	uint8_t *data = a->data;
	uint32_t cap = a->cap;

	*a = *p;
	a->data = data;
	a->cap = cap;
	packet_set(a, s->arena, p->data, p->len);
	if (!begins(s, a, told, false))
		s->observer = NULL;
	path_again(s, a);
	s->observer = observer;
	if (told)
		ends(s);
}

/* Is the copy received before the packet itself leaves? What interrupts send comes in only after them. */
static bool copy_first(const struct sim_packet *p)
{
	return p->family == FAMILY_IPV4 && !p->own_answer;
}

void sim_follow(struct sim *s, const struct sim_packet *p, enum sim_verdict v, bool loopback)
{
	sim_observer observer = s->observer;
	bool answers = s->follow && s->follow->answers, told = true;
	struct sim_event last = s->last;
	const struct sim_packet *now = p;

	/* A RST to ourselves is the longest: out, in over lo, answered, the answer in over lo. */
	for (int steps = 0; steps < 4; steps++) {
		struct sim_packet *next = &s->spare[steps % 2];
		bool back = v == SIM_SENT && now->out && (now->out->loopback || now->copied);

		packet_reset(next);
		if (back)
			come_back(s, now, next);
		else if (!answer_to(s, now, v, next))
			break;
		told = told && (back ? loopback : answers);
		if (back && now->copied && !copy_first(now))
			again(s, now, told);
		if (!begins(s, next, told, !back))
			s->observer = NULL;
		v = sim_walk(s, next);
		s->observer = observer;
		if (told)
			ends(s);
		if (back && now->copied && copy_first(now))
			again(s, now, told);
		now = next;
	}
	s->provoked = 0;
	s->last = last;
}
