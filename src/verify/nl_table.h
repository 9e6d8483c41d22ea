/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_table: nf_tables over netlink, for what looks at the running kernel. */
#ifndef IPTC2NFT_NL_TABLE_H
#define IPTC2NFT_NL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <libmnl/libmnl.h>
#include "buffer.h"

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
 * @table, @table_attr: filter by table; NULL: all. @part: of elements the set, of rules the chain;
 * NULL: none Returns 0, or an errno: EINTR when the ruleset changed meanwhile.
 */
#define NL_TRIES 20 /* to read the ruleset while others change it */
int nl_dump(struct nl_socket *n, unsigned type, uint8_t family, unsigned table_attr,
	    const char *table, const char *part, mnl_cb_t each, void *data);

/*
 * nl_dump_rules - the same for all rules of a table, chain by chain in the order of the chains
 *
 * In one dump the kernel begins at the first rule again for every piece of some thirty kilobytes: a
 * hundred thousand rules took fifteen seconds.
 */
int nl_dump_rules(struct nl_socket *n, struct arena *a, uint8_t family, const char *table,
		  mnl_cb_t each, void *data);

/* A batch (from NFNL_MSG_BATCH_BEGIN to …_END) in pieces, as sendmsg() takes it; the last holds the end. */
#define NL_PIECES_MAX 32
struct nl_pieces {
	struct iovec iov[NL_PIECES_MAX];
	unsigned n;
};

/* A batch as it is: one piece. */
struct nl_pieces nl_whole(const struct buffer *batch);

/*
 * nl_send - carry out a batch in one transaction
 * @check: validate only; the end of the batch is left out then
 * Returns 0, or the errno of the first error.
 */
int nl_send(struct nl_pieces batch, bool check);

/*
 * nl_send_on - hand a batch to the kernel through a socket that the caller has bound
 * Returns 0, or the errno of sending; what the kernel says of the messages is there to be received.
 */
int nl_send_on(const struct mnl_socket *s, struct nl_pieces batch, bool check);

/* A text attribute of a message; "" when it has none of this type. */
const char *nl_text(const struct nlmsghdr *h, unsigned type);

/* Is an xtables extension (nft_compat) among a rule's expressions? @list: NFTA_RULE_EXPRESSIONS */
bool nl_has_xtables(const struct nlattr *list);

/* The ruleset's generation: it changes with every transaction. 0, or an errno. */
int nl_generation(struct nl_socket *n, uint32_t *out);

#endif
