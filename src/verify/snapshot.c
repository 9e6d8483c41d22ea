/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "nl_table.h"

struct taking {
	struct nl_socket socket;
	const struct snapshot_table *table;
	struct buffer *out;
	uint32_t seq, set_id;
	bool exists, impossible;
	const char **sets; /* names, for their elements */
	uint32_t nsets, room;
	unsigned type, flags, drop[4];
};

static size_t begin(struct taking *t, unsigned type, unsigned flags, uint8_t family)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
			      .nlmsg_seq = t->seq++ };
	struct nfgenmsg g = { .nfgen_family = family, .version = NFNETLINK_V0 };
	size_t at = t->out->len;

	if (type < NLMSG_MIN_TYPE + 2) /* the batch's own messages name the subsystem */
		g.res_id = htons(NFNL_SUBSYS_NFTABLES);
	buffer_put(t->out, (const char *)&h, sizeof(h));
	buffer_put(t->out, (const char *)&g, sizeof(g));
	return at;
}

static void end(struct taking *t, size_t at)
{
	uint32_t len = (uint32_t)(t->out->len - at);

	memcpy(t->out->data + at, &len, sizeof(len));
}

static void put_attr(struct taking *t, unsigned type, const void *data, size_t len)
{
	static const char zero[NLA_ALIGNTO];
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = (uint16_t)type };

	buffer_put(t->out, (const char *)&a, sizeof(a));
	buffer_put(t->out, data, len);
	buffer_put(t->out, zero, NLA_ALIGN(len) - len);
}

static void table_message(struct taking *t, unsigned type, unsigned flags)
{
	size_t at = begin(t, NFNL_SUBSYS_NFTABLES << 8 | type, flags, t->table->family);

	put_attr(t, NFTA_TABLE_NAME, t->table->name, strlen(t->table->name) + 1);
	end(t, at);
}

static bool dropped(const struct taking *t, unsigned type)
{
	for (unsigned i = 0; i < sizeof(t->drop) / sizeof(*t->drop); i++)
		if (t->drop[i] == type)
			return true;
	return false;
}

/* The same message again, as a request to make it. */
static int copy(const struct nlmsghdr *h, void *data)
{
	struct taking *t = data;
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	size_t at;

	if (strcmp(nl_text(h, 1), t->table->name)) /* NFTA_{CHAIN,SET,RULE,OBJ}_TABLE are all 1 */
		return MNL_CB_OK;
	at = begin(t, NFNL_SUBSYS_NFTABLES << 8 | t->type, t->flags, g->nfgen_family);
	mnl_attr_for_each(a, h, sizeof(*g)) {
		if (dropped(t, mnl_attr_get_type(a)))
			continue;
		if (t->type == NFT_MSG_NEWRULE && mnl_attr_get_type(a) == NFTA_RULE_EXPRESSIONS)
			t->impossible |= nl_has_xtables(a); /* what their check needs is not dumped */
		buffer_put(t->out, (const char *)a, NLA_ALIGN(a->nla_len));
	}
	if (t->type == NFT_MSG_NEWSET) {
		uint32_t id = htonl(++t->set_id);

		put_attr(t, NFTA_SET_ID, &id, sizeof(id));
		if (t->nsets == t->room) {
			uint32_t room = t->room ? t->room * 2 : 64;
			const char **more = arena_array(t->out->arena, room, sizeof(*more));

			if (t->nsets)
				memcpy(more, t->sets, t->nsets * sizeof(*more));
			t->sets = more;
			t->room = room;
		}
		t->sets[t->nsets++] = arena_strdup(t->out->arena, nl_text(h, NFTA_SET_NAME));
	}
	end(t, at);
	return MNL_CB_OK;
}

static int note_table(const struct nlmsghdr *h, void *data)
{
	struct taking *t = data;
	const struct nlattr *a;
	size_t at;

	if (strcmp(nl_text(h, NFTA_TABLE_NAME), t->table->name))
		return MNL_CB_OK;
	t->exists = true;
	at = begin(t, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE, t->table->family);
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_TABLE_NAME || mnl_attr_get_type(a) == NFTA_TABLE_FLAGS ||
		    mnl_attr_get_type(a) == NFTA_TABLE_USERDATA)
			buffer_put(t->out, (const char *)a, NLA_ALIGN(a->nla_len));
	end(t, at);
	return MNL_CB_OK;
}

static int note_flowtable(const struct nlmsghdr *h, void *data)
{
	struct taking *t = data;

	t->impossible |= !strcmp(nl_text(h, NFTA_FLOWTABLE_TABLE), t->table->name);
	return MNL_CB_OK;
}

static void copies(struct taking *t, unsigned new, unsigned flags, const unsigned drop[4])
{
	t->type = new;
	t->flags = NLM_F_CREATE | flags;
	memcpy(t->drop, drop, sizeof(t->drop));
}

static int dump_kind(struct taking *t, unsigned get, unsigned new, unsigned table_attr,
		     const unsigned drop[4])
{
	copies(t, new, 0, drop);
	return nl_dump(&t->socket, get, t->table->family, table_attr, t->table->name, NULL, copy, t);
}

static int dump_rules(struct taking *t, const unsigned drop[4])
{
	copies(t, NFT_MSG_NEWRULE, NLM_F_APPEND, drop);
	return nl_dump_rules(&t->socket, t->out->arena, t->table->family, t->table->name, copy, t);
}

static int copy_elements(const struct nlmsghdr *h, void *data)
{
	struct taking *t = data;
	const struct nlattr *a;
	size_t at = begin(t, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM, NLM_F_CREATE, t->table->family);

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		buffer_put(t->out, (const char *)a, NLA_ALIGN(a->nla_len));
	end(t, at);
	return MNL_CB_OK;
}

static int take_table(struct taking *t)
{
	static const unsigned chain[4] = { NFTA_CHAIN_HANDLE, NFTA_CHAIN_USE, NFTA_CHAIN_ID, NFTA_CHAIN_PAD };
	static const unsigned object[4] = { NFTA_OBJ_HANDLE, NFTA_OBJ_USE, NFTA_OBJ_PAD, NFTA_OBJ_PAD };
	/* the last two: what newer kernels tell of a set's implementation (NFTA_SET_TYPE, NFTA_SET_COUNT) */
	static const unsigned set[4] = { NFTA_SET_HANDLE, NFTA_SET_ID, NFTA_SET_EXPRESSIONS + 1,
					 NFTA_SET_EXPRESSIONS + 2 };
	static const unsigned rule[4] = { NFTA_RULE_HANDLE, NFTA_RULE_POSITION, NFTA_RULE_ID, NFTA_RULE_PAD };
	int e;

	/* make it, so that it can be deleted; and what was there */
	table_message(t, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	table_message(t, NFT_MSG_DELTABLE, 0);
	t->exists = false;
	t->nsets = 0;
	e = nl_dump(&t->socket, NFT_MSG_GETTABLE, t->table->family, 0, NULL, NULL, note_table, t);
	if (e || !t->exists)
		return e;
	e = nl_dump(&t->socket, NFT_MSG_GETFLOWTABLE, t->table->family, 0, NULL, NULL, note_flowtable, t);
	if (!e)
		e = dump_kind(t, NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, NFTA_CHAIN_TABLE, chain);
	if (!e)
		e = dump_kind(t, NFT_MSG_GETOBJ, NFT_MSG_NEWOBJ, NFTA_OBJ_TABLE, object);
	if (!e)
		e = dump_kind(t, NFT_MSG_GETSET, NFT_MSG_NEWSET, NFTA_SET_TABLE, set);
	for (uint32_t i = 0; !e && i < t->nsets; i++)
		e = nl_dump(&t->socket, NFT_MSG_GETSETELEM, t->table->family, NFTA_SET_ELEM_LIST_TABLE,
			    t->table->name, t->sets[i], copy_elements, t);
	if (!e)
		e = dump_rules(t, rule);
	return e;
}

static int take_all(struct taking *t, const struct snapshot_table *tables, unsigned n)
{
	int e = 0;

	t->out->len = 0;
	t->seq = 0;
	t->impossible = false;
	end(t, begin(t, NFNL_MSG_BATCH_BEGIN, 0, NFPROTO_UNSPEC));
	for (unsigned i = 0; !e && i < n; i++) {
		t->table = &tables[i];
		e = take_table(t);
	}
	end(t, begin(t, NFNL_MSG_BATCH_END, 0, NFPROTO_UNSPEC));
	return e;
}

int snapshot_take(const struct snapshot_table *tables, unsigned n, struct buffer *out)
{
	struct taking t = { .out = out };
	uint32_t before = 0, after = 1;
	int e = nl_open(&t.socket);

	for (int i = 0; !e && i < NL_TRIES && before != after; i++) {
		e = nl_generation(&t.socket, &before);
		if (!e)
			e = take_all(&t, tables, n);
		if (!e)
			e = nl_generation(&t.socket, &after);
		if (e == EINTR) {
			after = before + 1;
			e = 0;
		}
	}
	nl_close(&t.socket);
	if (!e && before != after)
		e = EBUSY;
	if (!e && t.impossible)
		e = EOPNOTSUPP;
	return e ? e : nl_send(nl_whole(out), true);
}

unsigned snapshot_tables_of(const void *batch, size_t len, struct snapshot_table *out)
{
	const struct nlmsghdr *h = batch;
	unsigned n = 0;
	int left = (int)len;

	for (; mnl_nlmsg_ok(h, left) && n < SNAPSHOT_TABLES_MAX; h = mnl_nlmsg_next(h, &left)) {
		const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
		const char *name;

		if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE))
			continue;
		name = nl_text(h, NFTA_TABLE_NAME);
		out[n].family = g->nfgen_family;
		strncpy(out[n].name, name, sizeof(out[n].name) - 1);
		out[n].name[sizeof(out[n].name) - 1] = '\0';
		n++;
	}
	return n;
}
