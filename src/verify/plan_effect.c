/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_effect: marks of packets and connections, translations and packets that are not tracked:
 * other rules make them, so that these are aimed at too.
 */
#include "verify/plan_goal.h"

/* An effect that makes @w hold: a rule before it that writes the mark, or stops tracking. */
static bool makes(const struct plan_caller *e, const struct plan_want *w)
{
	for (const struct inst *i = e->clause->first; i; i = i->next) {
		struct value v = { { 0 } };

		if (i->kind == INST_NOTRACK && w->on->field == FIELD_CT_STATE) {
			v = value_num(PACKET_STATE_UNTRACKED, 4);
			return plan_want_value(w, &v);
		}
		if (i->kind == INST_NAT && w->on->field == FIELD_CT_STATUS) {
			bool src = i->nat.kind == NAT_SNAT || i->nat.kind == NAT_MASQUERADE;

			v = value_num(src ? 16 : 32, 4);
			return plan_want_value(w, &v);
		}
		if (i->kind != INST_ASSIGN || i->assign.dst.field != w->on->field)
			continue;
		if (i->assign.from == ASSIGN_VALUE)
			v = i->assign.value;
		else if (i->assign.from == ASSIGN_OPERAND && i->assign.src.field == w->on->field) {
			const struct operand *o = &i->assign.src;

			for (unsigned k = 0; k < o->nxf; k++)
				if (o->xf[k].op == XFORM_XOR)
					for (unsigned b = 0; b < 4; b++)
						v.b[b] ^= o->xf[k].value.b[b];
		}
		return plan_want_value(w, &v);
	}
	return false;
}

static bool can_precede(const struct plan_caller *e, enum hook_id hook)
{
	unsigned hooks = e->chain->src ? chain_hooks(e->chain->src) : ~0u;

	switch (hook) {
	case HOOK_PREROUTING: return hooks & IN_HOOK(PREROUTING);
	case HOOK_INPUT: return hooks & (IN_HOOK(PREROUTING) | IN_HOOK(INPUT));
	case HOOK_FORWARD: return hooks & (IN_HOOK(PREROUTING) | IN_HOOK(FORWARD));
	case HOOK_OUTPUT: return hooks & IN_HOOK(OUTPUT);
	case HOOK_POSTROUTING:
	case HOOK_COUNT: break;
	}
	return hooks != IN_HOOK(INPUT);
}

/* Marks of packets and connections come from other rules: aim at one of these too. */
void plan_want_effects(struct planner *pl, struct plan_goal *g)
{
	unsigned n = g->wants.n;

	for (unsigned i = 0; i < n; i++) {
		const struct plan_want *w = &g->wants.w[i];
		const struct plan_caller *found = NULL;
		struct value zero = { { 0 } };
		uint32_t seen = 0;
		struct plan_goal way = { .nsteps = 1 };

		if (w->on->field != FIELD_META_MARK && w->on->field != FIELD_CT_MARK &&
		    w->on->field != FIELD_CT_STATUS && w->on->field != FIELD_CT_STATE)
			continue;
		if (w->on->field != FIELD_CT_STATE && plan_want_value(w, &zero))
			continue;
		if (w->on->field == FIELD_CT_STATE && !plan_chance(&pl->random, 3))
			continue;
		for (const struct plan_caller *e = pl->effects; e; e = e->next)
			if (can_precede(e, plan_goal_hook(g)) && makes(e, w) &&
			    plan_chance(&pl->random, ++seen))
				found = e;
		if (!found)
			continue;
		way.steps[0] = (struct plan_step){ found->chain, found->rule, found->clause };
		if (!plan_find_way(pl, &way))
			continue;
		for (unsigned s = 0; s < way.nsteps; s++)
			plan_want_clause(pl, &g->wants, way.steps[s].clause, NULL);
	}
	/* Fields that only rules can make are not the solver's. */
	n = 0;
	for (unsigned i = 0; i < g->wants.n; i++) {
		const struct plan_want *w = &g->wants.w[i];
		struct value untracked = value_num(PACKET_STATE_UNTRACKED, 4);

		if (w->on->field == FIELD_CT_STATE && plan_want_value(w, &untracked) &&
		    !plan_want_value(w, &(struct value){ { 0, 0, 0, PACKET_STATE_NEW } }))
			continue;
		g->wants.w[n++] = *w;
	}
	g->wants.n = n;
}
