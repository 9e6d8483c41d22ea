/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_equal: do two rules say the same? What -D by specification asks, where iptables compares the
 * structures that it has made of them (is_same() and target_same() of libiptc, iptables.c).
 */
#include "lower.h"
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
	bool a_any = !a->given || (a->prefix && !a->len && !a->invert);
	bool b_any = !b->given || (b->prefix && !b->len && !b->invert);

	if (a_any || b_any)
		return a_any == b_any;
	return a->invert == b->invert && a->prefix == b->prefix && a->len == b->len &&
	       !memcmp(a->name, b->name, a->len);
}

static bool list_equal(const struct arg *a, const struct arg *b)
{
	return a->list.n == b->list.n &&
	       !memcmp(a->list.items, b->list.items, a->list.n * sizeof(*a->list.items));
}

static const struct ext_option *option_of(const struct ext *e, unsigned id)
{
	const struct ext_option *o = e->options;

	while (o->name && o->id != id)
		o++;
	return o;
}

static bool arg_equal(const struct ext_option *o, const struct arg *a, const struct arg *b)
{
	if (a->invert != b->invert)
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
	case ARG_CUSTOM:
		if (a->custom_len || b->custom_len)
			return a->custom_len == b->custom_len && !memcmp(a->custom, b->custom, a->custom_len);
		break;
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

/* Is @a what goes without saying? */
static bool implied(struct ruleset *rs, const struct ext *e, const struct arg *a)
{
	const struct ext_option *o = option_of(e, a->id);
	struct rule_spec spec = { .proto = 0 };
	struct raw_option raw = { .opt = o, .at = a->at };
	struct arg def = { 0 };

	if (!o->implied)
		return false;
	raw.has_value = o->type != ARG_NONE;
	raw.value = (struct word){ .s = o->implied, .len = (uint32_t)strlen(o->implied), .at = a->at };
	return spec_value(rs, NULL, &spec, e, &raw, &def) && arg_equal(o, a, &def);
}

/* Every argument of @a is also @b's. */
static bool within(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b, uint32_t but)
{
	for (unsigned i = 0; i < a->nargs; i++) {
		const struct arg *x = &a->args[i], *y = use_arg(b, x->id);

		if (!(but & 1u << x->id) &&
		    !(y ? arg_equal(option_of(a->ext, x->id), x, y) : implied(rs, a->ext, x)))
			return false;
	}
	return true;
}

bool use_same(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b, uint32_t but)
{
	return within(rs, a, b, but) && within(rs, b, a, but);
}

bool use_any(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b)
{
	(void)rs;
	(void)a;
	(void)b;
	return true;
}

/* The structures for the kernel, where the extension can make them: what iptables itself compares.
 */
static bool blob_equal(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b)
{
	struct lower l = { .family = rs->family, .rs = rs };
	struct compat_blob x, y;
	struct arena scratch;
	jmp_buf oom;
	bool equal;

	arena_init(&scratch);
	scratch.on_oom = &oom;
	if (setjmp(oom)) {
		arena_free(&scratch);
		arena_oom(rs->arena);
	}
	l.arena = &scratch;
	equal = a->ext->compat(&l, a, &x) && a->ext->compat(&l, b, &y) && x.len == y.len &&
		!memcmp(x.data, y.data, x.len);
	arena_free(&scratch);
	return equal;
}

static bool use_equal(struct ruleset *rs, const struct ext_use *a, const struct ext_use *b)
{
	if (a->ext != b->ext)
		return false;
	if (a->ext->same)
		return a->ext->same(rs, a, b);
	return use_same(rs, a, b, 0) || (a->ext->compat && blob_equal(rs, a, b));
}

bool spec_equal(struct ruleset *rs, const struct rule_spec *a, const struct rule_spec *b)
{
	if (!host_equal(&a->src, &b->src) || !host_equal(&a->dst, &b->dst) ||
	    !iface_equal(&a->in, &b->in) || !iface_equal(&a->out, &b->out) ||
	    a->proto != b->proto || a->proto_invert != b->proto_invert ||
	    (rs->family == FAMILY_IPV6 && a->proto_given != b->proto_given) ||
	    a->fragment != b->fragment || a->nmatches != b->nmatches || a->target != b->target ||
	    a->target_chain != b->target_chain)
		return false;
	for (unsigned i = 0; i < a->nmatches; i++)
		if (!use_equal(rs, &a->matches[i], &b->matches[i]))
			return false;
	return a->target != TARGET_EXT || use_equal(rs, &a->ext_target, &b->ext_target);
}
