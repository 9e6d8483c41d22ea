/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipvs: net/netfilter/xt_ipvs.c, ipvs_mt(). What IPVS knows of a packet nftables does not see. */
#include "lower.h"
#include "blob.h"

#include <arpa/inet.h>
#include <string.h>
#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_ipvs.h>

enum { IPVS, VPROTO, VADDR, VPORT, VDIR, VMETHOD, VPORTCTL }; /* the bits of XT_IPVS_* */

#define UNSEEN "nftables does not see connections of IPVS"

static bool parse_word(struct ext_parse *p, struct arg *out, const struct ext_word *words)
{
	for (; words->name; words++)
		if (strlen(words->name) == p->word->len &&
		    !strncasecmp(words->name, p->word->s, p->word->len)) {
			out->num.lo = out->num.hi = words->value;
			return true;
		}
	return ext_value_error(p, "unknown word '%.*s'", (int)p->word->len, p->word->s);
}

static bool parse_dir(struct ext_parse *p, struct arg *out)
{
	static const struct ext_word words[] = { { "ORIGINAL", 0 }, { "REPLY", 1 }, { NULL, 0 } };

	return parse_word(p, out, words);
}

static bool parse_method(struct ext_parse *p, struct arg *out)
{
	static const struct ext_word words[] = { { "GATE", IP_VS_CONN_F_DROUTE },
						 { "IPIP", IP_VS_CONN_F_TUNNEL },
						 { "MASQ", IP_VS_CONN_F_MASQ }, { NULL, 0 } };

	return parse_word(p, out, words);
}

static const struct ext_option options[] = {
	{ .name = "ipvs", .id = IPVS, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "the packet belongs to a connection of IPVS", .support = COMPAT, .note = UNSEEN },
	{ .name = "vproto", .id = VPROTO, .type = ARG_PROTO, .flags = OPT_INVERT,
	  .metavar = "protocol",
	  .help = "protocol of the virtual service", .support = COMPAT, .note = UNSEEN },
	{ .name = "vaddr", .id = VADDR, .type = ARG_HOSTMASK, .flags = OPT_INVERT,
	  .metavar = "address[/mask]", .help = "address of the virtual service", .support = COMPAT,
	  .note = UNSEEN },
	{ .name = "vport", .id = VPORT, .type = ARG_PORT, .flags = OPT_INVERT | OPT_SERVICE,
	  .metavar = "port",
	  .help = "port of the virtual service", .support = COMPAT, .note = UNSEEN },
	{ .name = "vdir", .id = VDIR, .type = ARG_CUSTOM, .parse = parse_dir,
	  .metavar = "ORIGINAL|REPLY",
	  .help = "direction of the packet", .support = COMPAT, .note = UNSEEN },
	{ .name = "vmethod", .id = VMETHOD, .type = ARG_CUSTOM, .flags = OPT_INVERT,
	  .parse = parse_method,
	  .metavar = "GATE|IPIP|MASQ", .help = "forwarding method", .support = COMPAT,
	  .note = UNSEEN },
	{ .name = "vportctl", .id = VPORTCTL, .type = ARG_PORT, .flags = OPT_INVERT | OPT_SERVICE,
	  .metavar = "port",
	  .help = "port of the controlling connection", .support = COMPAT, .note = UNSEEN },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *ipvs = use_arg(u, IPVS);

	(void)r;
	if (!ipvs || !ipvs->invert || u->nargs == 1)
		return true;
	diag_error(rs->diags, ipvs->at, "! --ipvs leaves nothing for other options");
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	lower_refuse(l, u, u->args[0].at, NULL, "ipvs: " UNSEEN);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_ipvs_mtinfo *info = blob_new(l, blob, "ipvs", 0, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		uint8_t bit = (uint8_t)(1u << a->id);

		info->bitmask |= bit;
		info->invert |= a->invert || (a->id == VDIR && a->num.lo) ? bit : 0;
		switch (a->id) {
		case VPROTO: info->l4proto = (uint8_t)a->num.lo; break;
		case VADDR:
			memcpy(&info->vaddr, a->host.items[0].b, sizeof(info->vaddr));
			memcpy(&info->vmask, a->host.items[1].b, sizeof(info->vmask));
			break;
		case VPORT: info->vport = htons((uint16_t)a->num.lo); break;
		case VMETHOD: info->fwd_method = (uint8_t)a->num.lo; break;
		case VPORTCTL: info->vportctl = htons((uint16_t)a->num.lo); break;
		}
	}
	if (info->bitmask & XT_IPVS_ONCE_MASK)
		info->bitmask |= XT_IPVS_IPVS_PROPERTY;
	return true;
}

const struct ext match_ipvs = {
	.name = "ipvs",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "connections of IPVS (no form in nftables)",
};
