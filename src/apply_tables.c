/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_tables: which tables of the kernel are ours although they have an iptables table's name.
 *
 * Chains with xtables extensions that are bound to an iptables table are in an nft table of that name (split.c).
 * iptables-nft uses the same names, so ours bear a comment. A table of ours that the ruleset no longer wants
 * has to go, or its rules would stay in force.
 */
#include "apply.h"

#include <errno.h>
#include <string.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "nl.h"
#include "nl_attr.h"
#include "split.h"
#include "verify/nl_table.h"

#define TRIES 8 /* while others change the ruleset */

struct look {
	struct nl_udata mark;
	unsigned found;
};

static bool has_mark(const struct nlmsghdr *h, const struct nl_udata *mark)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_TABLE_USERDATA)
			return mnl_attr_get_payload_len(a) == mark->len &&
			       !memcmp(mnl_attr_get_payload(a), mark->b, mark->len);
	return false;
}

static int on_table(const struct nlmsghdr *h, void *data)
{
	struct look *l = data;

	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (!strcmp(nl_text(h, NFTA_TABLE_NAME), table_names[i]) && has_mark(h, &l->mark))
			l->found |= 1u << i;
	return MNL_CB_OK;
}

/* What can't be found out counts as not ours: the batch fails then where it makes such a table. */
void apply_tables_find(struct ir *ir)
{
	uint8_t family = ir->family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	struct look l = { .mark = { .len = 0 } };
	const char *mark = split_mark(ir);
	struct nl_socket s = { 0 };
	int e = EINTR;

	udata_comment(&l.mark, NFTNL_UDATA_TABLE_COMMENT, mark, strlen(mark));
	for (unsigned i = 0; e == EINTR && i < TRIES; i++) {
		l.found = 0;
		e = nl_open(&s);
		if (!e)
			e = nl_dump(&s, NFT_MSG_GETTABLE, family, 0, NULL, NULL, on_table, &l);
		nl_close(&s);
	}
	ir->found = e ? 0 : l.found;
}
