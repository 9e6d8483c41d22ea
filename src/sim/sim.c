/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/sim.h"

#include <stdio.h>
#include "sim/conn.h"
#include "sim/frag.h"
#include "sim/state.h"

const char *const sim_verdict_names[SIM_VERDICTS] = { "delivered", "forwarded", "sent", "dropped",
						      "rejected", "queued", "stolen" };

void sim_init(struct sim *s, struct arena *a, const struct ir *ir, const struct host *h)
{
	*s = (struct sim){ .arena = a, .ir = ir, .host = h };
	s->ct_on = conn_wanted(ir);
	s->conns = conn_table_new(a);
	s->states = state_table_new(a);
	s->frags = frag_table_new(a);
	s->stack = arena_grow(a, NULL, 0, &s->stack_cap, sizeof(*s->stack));
	s->random = 0x9e3779b97f4a7c15u;
}

void sim_tell(struct sim *s, const struct sim_packet *p, const struct sim_event *e)
{
	if (s->observer && !s->choices.silent)
		s->observer(s->observer_arg, s, p, e);
}

void sim_note(struct sim *s, const struct sim_packet *p, enum sim_event_kind kind, const char *fmt, ...)
{
	struct sim_event e = { .kind = (uint8_t)kind, .hook = s->hook, .table = s->table };
	char text[256];
	va_list ap;

	if (!s->observer || !s->wants_notes)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e.text = text;
	sim_tell(s, p, &e);
}
