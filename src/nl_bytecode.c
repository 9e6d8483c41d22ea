/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl_bytecode: the batch as text, message by message, in libnftnl's words, which are those of
 * `nft --debug=netlink`. It reads what emit_netlink() writes, so that the listing can't say
 * anything else than what is sent.
 */
#include "nl.h"

#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>

#define ROOM_FIRST (64u << 10)

/* Each: the length of the text, -1 when the message can't be read, -2 without memory. Nothing here
 * may allocate from the arena, which leaves by longjmp. */
static int print_table(const struct nlmsghdr *h, char *to, size_t room)
{
	struct nftnl_table *t = nftnl_table_alloc();
	int len = -1;

	if (!t)
		return -2;
	if (nftnl_table_nlmsg_parse(h, t) >= 0)
		len = nftnl_table_snprintf(to, room, t, NFTNL_OUTPUT_DEFAULT, 0);
	nftnl_table_free(t);
	return len;
}

static int print_chain(const struct nlmsghdr *h, char *to, size_t room)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	int len = -1;

	if (!c)
		return -2;
	if (nftnl_chain_nlmsg_parse(h, c) >= 0)
		len = nftnl_chain_snprintf(to, room, c, NFTNL_OUTPUT_DEFAULT, 0);
	nftnl_chain_free(c);
	return len;
}

static int print_object(const struct nlmsghdr *h, char *to, size_t room)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	int len = -1;

	if (!o)
		return -2;
	if (nftnl_obj_nlmsg_parse(h, o) >= 0)
		len = nftnl_obj_snprintf(to, room, o, NFTNL_OUTPUT_DEFAULT, 0);
	nftnl_obj_free(o);
	return len;
}

static int print_set(const struct nlmsghdr *h, char *to, size_t room, bool elements)
{
	struct nftnl_set *s = nftnl_set_alloc();
	int len = -1;

	if (!s)
		return -2;
	if ((elements ? nftnl_set_elems_nlmsg_parse(h, s) : nftnl_set_nlmsg_parse(h, s)) >= 0)
		len = nftnl_set_snprintf(to, room, s, NFTNL_OUTPUT_DEFAULT, 0);
	nftnl_set_free(s);
	return len;
}

static int print_rule(const struct nlmsghdr *h, char *to, size_t room)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	int len = -1;

	if (!r)
		return -2;
	if (nftnl_rule_nlmsg_parse(h, r) >= 0)
		len = nftnl_rule_snprintf(to, room, r, NFTNL_OUTPUT_DEFAULT, 0);
	nftnl_rule_free(r);
	return len;
}

static const char *verb(const struct nlmsghdr *h)
{
	switch (h->nlmsg_type & 0xff) {
	case NFT_MSG_DELTABLE: return "delete ";
	case NFT_MSG_NEWTABLE:
	case NFT_MSG_NEWOBJ: return "add ";
	case NFT_MSG_NEWCHAIN: return "add chain ";
	case NFT_MSG_NEWSET: return "add set ";
	case NFT_MSG_NEWSETELEM: return "add elements to set ";
	case NFT_MSG_NEWRULE: return "add rule ";
	default: return "";
	}
}

static int print(const struct nlmsghdr *h, char *to, size_t room)
{
	switch (h->nlmsg_type & 0xff) {
	case NFT_MSG_NEWTABLE:
	case NFT_MSG_DELTABLE: return print_table(h, to, room);
	case NFT_MSG_NEWCHAIN: return print_chain(h, to, room);
	case NFT_MSG_NEWOBJ: return print_object(h, to, room);
	case NFT_MSG_NEWSET: return print_set(h, to, room, false);
	case NFT_MSG_NEWSETELEM: return print_set(h, to, room, true);
	default: return print_rule(h, to, room);
	}
}

static void list_message(struct ir *ir, const struct nlmsghdr *h, struct buffer *out)
{
	size_t room = ROOM_FIRST;
	int len;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return;
	buffer_puts(out, verb(h));
	for (;;) {
		buffer_reserve(out, room);
		errno = 0;
		len = print(h, out->data + out->len, room);
		if (len < 0 || (size_t)len < room)
			break;
		room = (size_t)len + 1;
	}
	if (len == -2 || (len < 0 && errno == ENOMEM))
		arena_oom(ir->arena);
	if (len < 0)
		buffer_lit(out, "unreadable message");
	else
		out->len += (size_t)len;
	while (out->len && out->data[out->len - 1] == '\n')
		out->len--;
	buffer_char(out, '\n');
}

void emit_bytecode(struct ir *ir, struct buffer *out)
{
	struct buffer *batch = buffer_new(ir->arena);
	const struct nlmsghdr *h;

	nl_batch(ir, batch, NULL);
	for (size_t at = 0; at < batch->len; at += h->nlmsg_len) {
		h = (const struct nlmsghdr *)(const void *)(batch->data + at);
		list_message(ir, h, out);
	}
}
