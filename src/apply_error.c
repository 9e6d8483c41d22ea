/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply_error: what an error number of nf_tables means, and which rule of the input it is about. */
#include "apply_error.h"

#include <errno.h>
#include <string.h>
#include "needs.h"
#include "nl.h"

static void report(struct ir *ir, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void report(struct ir *ir, struct span at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(ir->diags, IPTC2NFT_SEV_SYSTEM, at, "%s", arena_vprintf(ir->arena, fmt, ap));
	va_end(ap);
}

/* The option that builds an expression, for those that a kernel can lack. */
static const char *config(const char *expr)
{
	for (unsigned i = 0; i < FEATURE_COUNT; i++)
		if (!strcmp(feature_table[i].name, expr))
			return feature_table[i].config;
	if (!strcmp(expr, "match") || !strcmp(expr, "target"))
		return feature_table[FEATURE_MATCH].config;
	return NULL;
}

static const char *missing(struct ir *ir, const struct nl_find *f)
{
	const char *option = f->expr ? config(f->expr) : NULL;

	if (option)
		return arena_printf(ir->arena,
				    "the expression '%s' or something that it needs is missing: is "
				    "CONFIG_%s built, can its module be loaded?",
				    f->expr, option);
	if (f->expr)
		return arena_printf(ir->arena,
				    "something that the expression '%s' needs is missing", f->expr);
	if (!strcmp(f->what, "chain"))
		return "this chain type is missing: is CONFIG_NF_TABLES_IPV4, "
		       "CONFIG_NF_TABLES_IPV6 or CONFIG_NFT_NAT built?";
	if (!strcmp(f->what, "object"))
		return "this kind of object, or what it names, is missing in the kernel";
	return "something that it refers to is missing";
}

static const char *unsupported(struct ir *ir, const struct nl_find *f)
{
	if (f->expr)
		return arena_printf(ir->arena,
				    "the kernel can't do this with the expression '%s' in this "
				    "chain, or is too old for it",
				    f->expr);
	if (!strcmp(f->what, "chain"))
		return "the kernel has no such chain type at this hook";
	return "the kernel can't do this, or is too old for it";
}

static const char *invalid(struct ir *ir, const struct nl_find *f)
{
	if (!f->expr)
		return "not valid";
	if (!strcmp(f->expr, "target"))
		return "the extension does not take these options here";
	return arena_printf(ir->arena, "the expression '%s' is not valid here", f->expr);
}

/* put_tables() insists on making a table that has an iptables table's name. */
static const char *existing(const struct nl_find *f)
{
	if (!strcmp(f->what, "table"))
		return "there is one that this program has not made, and the kernel wants the extensions that are "
		       "kept as they are in a table of this name";
	return "there is one already that differs";
}

static const char *explain(struct ir *ir, const struct nl_find *f, int number)
{
	switch (number) {
	case EPERM:
		return "not permitted: this needs CAP_NET_ADMIN in the user namespace that owns "
		       "the network namespace, and a table that no other program owns";
	case ENOENT: return missing(ir, f);
	case EOPNOTSUPP:
	case EAFNOSUPPORT: return unsupported(ir, f);
	case EINVAL: return invalid(ir, f);
	case EEXIST: return existing(f);
	case EBUSY: return "it is in use";
	case E2BIG:
	case EOVERFLOW: return "it is larger than nf_tables takes";
	case EMLINK: return "chains jump deeper than 16 levels, or too many rules refer to it";
	case ELOOP: return "chains jump in a loop";
	case EMSGSIZE: return "a message is larger than netlink takes";
	case ENFILE:
	case ENOSPC: return "the set is full";
	case ENOBUFS:
	case ENOMEM: return "the kernel has no memory for it";
	case ERANGE: return "a number is out of the kernel's range";
	default: return strerror(number);
	}
}

static void report_one(struct ir *ir, const struct apply_error *e)
{
	struct nl_find f = { .seq = e->seq, .offset = e->offset };
	struct buffer *scratch = buffer_new(ir->arena);
	const char *open = *e->text ? " (" : "", *close = *e->text ? ")" : "";

	nl_batch(ir, scratch, &f);
	if (!f.found || !f.what) { /* the whole batch */
		f.what = "ruleset";
		report(ir, (struct span){ 0 }, "the kernel refuses the ruleset: %s%s%s%s",
		       explain(ir, &f, e->number), open, e->text, close);
		return;
	}
	if (!strcmp(f.what, "rule"))
		report(ir, f.at, "the kernel refuses this rule: %s%s%s%s",
		       explain(ir, &f, e->number), open, e->text, close);
	else
		report(ir, f.at, "the kernel refuses the %s '%s': %s%s%s%s", f.what, f.name,
		       explain(ir, &f, e->number), open, e->text, close);
}

static const char *explain_system(int number)
{
	switch (number) {
	case EMSGSIZE:
		return "the ruleset is larger than what the socket can send: raise "
		       "net.core.wmem_max, or run with CAP_NET_ADMIN";
	case ENOBUFS:
	case ENOMEM: return "no memory to send the ruleset";
	case EPROTONOSUPPORT: return "the kernel has no nf_tables (CONFIG_NF_TABLES)";
	case EPERM: return "not permitted to talk to nf_tables";
	default: return strerror(number);
	}
}

bool apply_lacks_queue(struct ir *ir, const struct apply_errors *all)
{
	for (uint32_t i = 0; i < all->count && i < APPLY_ERRORS_MAX; i++) {
		struct nl_find f = { .seq = all->list[i].seq, .offset = all->list[i].offset };

		nl_batch(ir, buffer_new(ir->arena), &f);
		if (all->list[i].number != ENOENT || !f.found || !f.expr || strcmp(f.expr, "queue") != 0)
			return false;
	}
	return all->count && !all->system;
}

void apply_report(struct ir *ir, const struct apply_errors *all)
{
	uint32_t shown = all->count < APPLY_ERRORS_MAX ? all->count : APPLY_ERRORS_MAX;

	if (all->system)
		report(ir, (struct span){ 0 }, "netlink: %s", explain_system(all->system));
	for (uint32_t i = 0; i < shown; i++)
		report_one(ir, &all->list[i]);
	if (all->count > shown)
		report(ir, (struct span){ 0 }, "the kernel refuses %u more parts of the ruleset",
		       all->count - shown);
	if (all->lost)
		report(ir, (struct span){ 0 }, "the kernel had more errors than could be read");
}
