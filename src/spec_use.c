/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_use: a match or target whose options are all there.
 *
 * Values, required options, companions and conflicts (xtables_option_mpcall(), xtables_option_mfcall()),
 * and the place (xt_check_match(), xt_check_target()).
 */
#include "spec_parse.h"

#include "value.h"

static bool use_values(struct parse *p, struct ext_use *u, uint16_t index)
{
	uint32_t seen = 0;
	uint16_t n = 0;

	for (uint32_t i = 0; i < p->nraw; i++)
		n += p->raw[i].use == index;
	u->args = arena_array(p->rs->arena, n, sizeof(*u->args));
	for (uint32_t i = 0; i < p->nraw; i++) {
		const struct raw_option *r = &p->raw[i];

		if (r->use != index)
			continue;
		if (seen & 1u << r->opt->id && !(r->opt->flags & OPT_MULTI))
			return FAIL(p, r->at, "--%s is given more than once", r->opt->name);
		seen |= 1u << r->opt->id;
		if (!spec_value(p->rs, p->line, p->spec, u->ext, r, &u->args[u->nargs]))
			return p->failed = true, false;
		u->nargs++;
	}
	return true;
}

static const struct ext_option *option_by_id(const struct ext *e, unsigned id)
{
	for (const struct ext_option *o = e->options; o && o->name; o++)
		if (o->id == id && !(o->flags & OPT_ALIAS))
			return o;
	return NULL;
}

/* "--a, --b or --c": a required option and those that may stand for it. */
static const char *alternatives(struct parse *p, const struct ext *e, const struct ext_option *required)
{
	const struct ext_option *all[32];
	const char *s = "";
	unsigned n = 0;

	for (const struct ext_option *o = e->options; o->name && n < 32; o++)
		if (o == required || (o->flags & OPT_REQUIRED && !(o->flags & OPT_ALIAS) &&
				      required->excl & 1u << o->id))
			all[n++] = o;
	for (unsigned i = 0; i < n; i++)
		s = arena_printf(p->rs->arena, "%s%s--%s", s,
				 i ? i + 1 < n ? ", " : " or " : "", all[i]->name);
	return s;
}

/* Required options, companions and conflicts. */
static bool use_options(struct parse *p, const struct ext_use *u)
{
	uint32_t seen = 0;
	const char *what = u->ext->kind == EXT_MATCH ? "match" : "target";

	for (unsigned i = 0; i < u->nargs; i++)
		seen |= 1u << u->args[i].id;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct ext_option *o = option_by_id(u->ext, u->args[i].id);

		if (!o || !((o->also & ~seen) | (o->excl & seen)))
			continue;
		for (unsigned id = 0; id < 32; id++) {
			const struct ext_option *other =
				(o->also | o->excl) & 1u << id ? option_by_id(u->ext, id) : NULL;

			if (other && o->excl & seen & 1u << id && id != o->id)
				return FAIL(p, u->args[i].at, "--%s and --%s exclude each other", o->name,
					    other->name);
			if (other && o->also & ~seen & 1u << id)
				return FAIL(p, u->args[i].at, "--%s needs --%s", o->name, other->name);
		}
	}
	for (const struct ext_option *o = u->ext->options; o && o->name; o++)
		if (o->flags & OPT_REQUIRED && !(o->flags & OPT_ALIAS) &&
		    !(seen & (1u << o->id | o->excl)))
			return FAIL(p, u->at, "%s '%s' needs %s", what, u->ext->name,
				    alternatives(p, u->ext, o));
	if (u->ext->kind == EXT_MATCH && !u->nargs && !u->ext->nullary)
		return FAIL(p, u->at, "match '%s' needs an option", u->ext->name);
	return true;
}

/* xt_check_match() and xt_check_target(): table and protocol. Hooks are checked with the callers. */
static bool use_place(struct parse *p, const struct ext_use *u)
{
	const struct ext *e = u->ext;
	const char *what = e->kind == EXT_MATCH ? "match" : "target";
	bool proto_ok = !e->protos[0];

	if (e->tables && !(e->tables & 1u << p->table->id))
		return FAIL(p, u->at, "%s '%s' is not possible in table '%s'", what, e->name,
			    table_names[p->table->id]);
	for (unsigned i = 0; i < 4 && e->protos[i]; i++)
		proto_ok |= p->spec->proto == e->protos[i] && !p->spec->proto_invert;
	if (!proto_ok)
		return FAIL(p, u->at, "%s '%s' needs its protocol: -p %s", what, e->name,
			    proto_name(e->protos[0]));
	return true;
}

bool spec_use(struct parse *p, struct ext_use *u, uint16_t index)
{
	return use_values(p, u, index) && use_place(p, u) && use_options(p, u) &&
	       (!u->ext->check || u->ext->check(p->rs, p->line, u) || (p->failed = true, false));
}
