/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nl_batch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "nl_attr.h"

static void open_message(struct nl_batch *n, unsigned type, unsigned flags, uint8_t family, unsigned subsystem)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
			      .nlmsg_seq = ++n->seq };
	struct nfgenmsg g = { .nfgen_family = family, .version = NFNETLINK_V0,
			      .res_id = htons((uint16_t)subsystem) };

	n->message = n->b->len;
	buffer_put(n->b, (const char *)&h, sizeof(h));
	buffer_put(n->b, (const char *)&g, sizeof(g));
}

void nl_batch_message_end(struct nl_batch *n)
{
	uint32_t len = (uint32_t)(n->b->len - n->message);

	memcpy(n->b->data + n->message, &len, sizeof(len));
}

void nl_batch_begin(struct nl_batch *n, struct buffer *b, uint32_t generation)
{
	*n = (struct nl_batch){ .b = b };
	b->len = 0;
	open_message(n, NFNL_MSG_BATCH_BEGIN, 0, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);
	if (generation)
		attr_u32(b, NFNL_BATCH_GENID, generation);
	nl_batch_message_end(n);
}

void nl_batch_message(struct nl_batch *n, unsigned type, unsigned flags, uint8_t family)
{
	open_message(n, NFNL_SUBSYS_NFTABLES << 8 | type, flags, family, 0);
}

void nl_batch_end(struct nl_batch *n)
{
	open_message(n, NFNL_MSG_BATCH_END, 0, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nl_batch_message_end(n);
}
