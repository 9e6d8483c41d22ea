/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_table: nf_tables over netlink, for what looks at the running kernel. */
#ifndef IPTC2NFT_NL_TABLE_H
#define IPTC2NFT_NL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libmnl/libmnl.h>

struct nl_socket {
	struct mnl_socket *s;
	uint32_t seq;
};

/* Open and bind; 0, or an errno. nl_close() also after a failure. */
int nl_open(struct nl_socket *n);
void nl_close(struct nl_socket *n);

/*
 * nl_dump - every message that the kernel answers to a dump request (NFT_MSG_GET…)
 * @family: NFPROTO_*, NFPROTO_UNSPEC: all
 * @table, @table_attr: filter by table; NULL: all. @set: NFTA_SET_ELEM_LIST_SET, NULL: none
 * Returns 0, or an errno: EINTR when the ruleset changed meanwhile.
 */
int nl_dump(struct nl_socket *n, unsigned type, uint8_t family, unsigned table_attr, const char *table,
	    const char *set, mnl_cb_t each, void *data);

/*
 * nl_send - carry out a batch (from NFNL_MSG_BATCH_BEGIN to …_END) in one transaction
 * @check: validate only; the end of the batch is left out then
 * Returns 0, or the errno of the first error.
 */
int nl_send(const void *batch, size_t len, bool check);

/* A text attribute of a message; "" when it has none of this type. */
const char *nl_text(const struct nlmsghdr *h, unsigned type);

/* Is an xtables extension (nft_compat) among a rule's expressions? @list: NFTA_RULE_EXPRESSIONS */
bool nl_has_xtables(const struct nlattr *list);

/* The ruleset's generation: it changes with every transaction. 0, or an errno. */
int nl_generation(struct nl_socket *n, uint32_t *out);

#endif
