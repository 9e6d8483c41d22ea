/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_equal: do two rules say the same? What -D by specification asks. */
#include "spec.h"

#include <string.h>

static bool host_equal(const struct hostmask *a, const struct hostmask *b)
{
	static const struct addr none;
	bool a_any = !memcmp(&a->mask, &none, sizeof(none)) && !a->invert;
	bool b_any = !memcmp(&b->mask, &none, sizeof(none)) && !b->invert;

	if (a_any || b_any)
		return a_any == b_any;
	return a->invert == b->invert && !memcmp(&a->addr, &b->addr, sizeof(a->addr)) &&
	       !memcmp(&a->mask, &b->mask, sizeof(a->mask));
}

static bool iface_equal(const struct iface *a, const struct iface *b)
{
	if (a->given != b->given)
		return false;
	return !a->given || (a->invert == b->invert && a->prefix == b->prefix && a->len == b->len &&
			     !memcmp(a->name, b->name, a->len));
}

static bool list_equal(const struct arg *a, const struct arg *b)
{
	return a->list.n == b->list.n &&
	       !memcmp(a->list.items, b->list.items, a->list.n * sizeof(*a->list.items));
}

/* The extension's own structures have no common form: equal only when they are the same one. */
static bool arg_equal(const struct ext *e, const struct arg *a, const struct arg *b)
{
	const struct ext_option *o = e->options;

	while (o->name && o->id != a->id)
		o++;
	if (a->id != b->id || a->invert != b->invert)
		return false;
	switch ((enum arg_type)o->type) {
	case ARG_NONE: return true;
	case ARG_STRING: return a->str.len == b->str.len && !memcmp(a->str.s, b->str.s, a->str.len);
	case ARG_FLAGS:
	case ARG_MARK:
	case ARG_TOS: return a->mark.value == b->mark.value && a->mark.mask == b->mark.mask;
	case ARG_HOST:
	case ARG_HOSTMASK: return !memcmp(a->host.items, b->host.items, 2 * sizeof(struct addr));
	case ARG_ADDR_RANGE: return !memcmp(a->addrs, b->addrs, sizeof(*a->addrs));
	case ARG_PORTS: return list_equal(a, b);
	case ARG_ETHER:
	case ARG_ETHERMASK: return !memcmp(&a->ether, &b->ether, sizeof(a->ether));
	case ARG_IFACE: return iface_equal(a->custom, b->custom);
	case ARG_CUSTOM: return a->text_len == b->text_len && !memcmp(a->text, b->text, a->text_len);
	case ARG_U8:
	case ARG_U16:
	case ARG_U32:
	case ARG_U64:
	case ARG_U8_RANGE:
	case ARG_U16_RANGE:
	case ARG_U32_RANGE:
	case ARG_U64_RANGE:
	case ARG_U32_DASH:
	case ARG_ENUM:
	case ARG_SYSLOG:
	case ARG_PORT:
	case ARG_PORT_RANGE:
	case ARG_PREFIX:
	case ARG_PROTO: break;
	}
	return a->num.lo == b->num.lo && a->num.hi == b->num.hi;
}

static bool use_equal(const struct ext_use *a, const struct ext_use *b)
{
	if (a->ext != b->ext || a->nargs != b->nargs)
		return false;
	for (unsigned i = 0; i < a->nargs; i++) {
		const struct arg *other = use_arg(b, a->args[i].id);

		if (!other || !arg_equal(a->ext, &a->args[i], other))
			return false;
	}
	return true;
}

bool spec_equal(const struct rule_spec *a, const struct rule_spec *b)
{
	if (!host_equal(&a->src, &b->src) || !host_equal(&a->dst, &b->dst) ||
	    !iface_equal(&a->in, &b->in) || !iface_equal(&a->out, &b->out) || a->proto != b->proto ||
	    a->proto_invert != b->proto_invert || a->fragment != b->fragment ||
	    a->nmatches != b->nmatches || a->target != b->target || a->target_chain != b->target_chain)
		return false;
	for (unsigned i = 0; i < a->nmatches; i++)
		if (!use_equal(&a->matches[i], &b->matches[i]))
			return false;
	return a->target != TARGET_EXT || use_equal(&a->ext_target, &b->ext_target);
}
