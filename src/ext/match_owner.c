/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * owner: net/netfilter/xt_owner.c, owner_mt().
 *
 * A packet without socket, or with a socket that no file belongs to, has no owner: then the match
 * holds exactly when every test is inverted. nft's meta skuid and skgid fail in the same cases, so a
 * rule with a test that is not inverted needs nothing more, and one with inverted tests only goes
 * on in a chain of its own behind rules that return where the owner is the wrong one.
 */
#include "blob.h"
#include "lower.h"
#include "value.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <linux/netfilter/xt_owner.h>

enum { UID, GID, EXISTS, SUPPL };

static bool number_range(const struct word *w, struct arg *out)
{
	const char *dash = memchr(w->s, '-', w->len);

	if (!dash)
		dash = memchr(w->s, ':', w->len);

	size_t n = dash ? (size_t)(dash - w->s) : w->len;

	if (!value_u64(w->s, n, 0, UINT32_MAX - 1, &out->num.lo))
		return false;
	out->num.hi = out->num.lo;
	return !dash || (value_u64(dash + 1, w->len - n - 1, 0, UINT32_MAX - 1, &out->num.hi) &&
			 out->num.lo <= out->num.hi);
}

static bool parse_user(struct ext_parse *p, struct arg *out)
{
	char buf[4096], *name = arena_strndup(p->rs->arena, p->word->s, p->word->len);
	struct passwd entry, *found = NULL;

	if (getpwnam_r(name, &entry, buf, sizeof(buf), &found) == 0 && found) {
		out->num.lo = out->num.hi = found->pw_uid;
		return true;
	}
	return number_range(p->word, out) ||
	       ext_value_error(p, "'%s' is neither a user of this machine nor a range of ids", name);
}

static bool parse_group(struct ext_parse *p, struct arg *out)
{
	char buf[16384], *name = arena_strndup(p->rs->arena, p->word->s, p->word->len);
	struct group entry, *found = NULL;

	if (getgrnam_r(name, &entry, buf, sizeof(buf), &found) == 0 && found) {
		out->num.lo = out->num.hi = found->gr_gid;
		return true;
	}
	return number_range(p->word, out) ||
	       ext_value_error(p, "'%s' is neither a group of this machine nor a range of ids", name);
}

static const struct ext_option options[] = {
	{ .name = "uid-owner", .id = UID, .type = ARG_CUSTOM, .flags = OPT_INVERT, .parse = parse_user,
	  .metavar = "user|id[-id]", .help = "user of the socket" },
	{ .name = "gid-owner", .id = GID, .type = ARG_CUSTOM, .flags = OPT_INVERT, .parse = parse_group,
	  .metavar = "group|id[-id]", .help = "group of the socket" },
	{ .name = "socket-exists", .id = EXISTS, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "the packet has a socket", .support = COMPAT,
	  .note = "nftables can't see sockets that no file belongs to" },
	{ .name = "suppl-groups", .id = SUPPL, .type = ARG_NONE,
	  .help = "--gid-owner also looks at supplementary groups", .support = COMPAT,
	  .note = "nftables knows the socket's group only" },
	{ .name = NULL },
};

/* owner_parse_v1(): --suppl-groups qualifies the group that was given before it. */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	(void)r;
	for (unsigned i = 0; i < u->nargs && u->args[i].id != GID; i++)
		if (u->args[i].id == SUPPL) {
			diag_error(rs->diags, u->args[i].at, "--suppl-groups comes after --gid-owner");
			return false;
		}
	return true;
}

static void test(struct lower *l, const struct arg *a, bool negate)
{
	struct operand o = operand_of(a->id == UID ? FIELD_META_SKUID : FIELD_META_SKGID);

	l->at = a->at;
	lower_range(l, o, a->num.lo, a->num.hi, negate);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	bool all_inverted = true;

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		if (a->id == EXISTS || a->id == SUPPL) {
			lower_refuse(l, u, a->at, NULL, "--%s has no form in nftables: %s",
				     a->id == EXISTS ? "socket-exists" : "suppl-groups",
				     a->id == EXISTS ? "it can't see sockets without a file"
						     : "it knows a socket's own group only");
			return;
		}
		all_inverted &= a->invert;
	}
	if (all_inverted) {
		lower_split(l);
		for (unsigned i = 0; i < u->nargs; i++) {
			test(l, &u->args[i], false);
			lower_verdict(l, VERDICT_RETURN);
			lower_continue(l);
		}
		return;
	}
	for (unsigned i = 0; i < u->nargs; i++)
		test(l, &u->args[i], u->args[i].invert);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	static const uint8_t bits[] = { [UID] = XT_OWNER_UID, [GID] = XT_OWNER_GID,
					[EXISTS] = XT_OWNER_SOCKET, [SUPPL] = XT_OWNER_SUPPL_GROUPS };
	struct xt_owner_match_info *info = blob_new(l, blob, "owner", 1, sizeof(*info));

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		info->match |= bits[a->id];
		info->invert |= a->invert ? bits[a->id] : 0;
		if (a->id == UID) {
			info->uid_min = (uint32_t)a->num.lo;
			info->uid_max = (uint32_t)a->num.hi;
		} else if (a->id == GID) {
			info->gid_min = (uint32_t)a->num.lo;
			info->gid_max = (uint32_t)a->num.hi;
		}
	}
	return true;
}

const struct ext match_owner = {
	.name = "owner",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.hooks = IN_HOOK(OUTPUT) | IN_HOOK(POSTROUTING),
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "owner of the socket that sends the packet",
};
