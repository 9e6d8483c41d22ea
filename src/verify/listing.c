/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include "nl_table.h"

struct element {
	const char *data;
	size_t len;
};

struct listing {
	struct nl_socket socket;
	const struct snapshot_table *table;
	bool exists;
	struct buffer *out;
	const char **sets; /* those whose elements count */
	uint32_t nsets, sets_room;
	struct element *elements;
	uint32_t nelements, elements_room;
};

static void put(struct listing *l, const struct nlattr *a)
{
	buffer_put(l->out, (const char *)a, NLA_ALIGN(a->nla_len));
}

static bool ours(const struct listing *l, const struct nlmsghdr *h)
{
	return !strcmp(nl_text(h, 1), l->table->name); /* NFTA_{TABLE_NAME,CHAIN_TABLE,SET_TABLE,…} are all 1 */
}

static int on_table(const struct nlmsghdr *h, void *data)
{
	struct listing *l = data;
	const struct nlattr *a;

	if (!ours(l, h))
		return MNL_CB_OK;
	l->exists = true;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_TABLE_NAME || mnl_attr_get_type(a) == NFTA_TABLE_FLAGS)
			put(l, a);
	return MNL_CB_OK;
}

static int on_chain(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *a;

	if (ours(data, h))
		mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
			switch (mnl_attr_get_type(a)) {
			case NFTA_CHAIN_NAME:
			case NFTA_CHAIN_HOOK:
			case NFTA_CHAIN_POLICY:
			case NFTA_CHAIN_TYPE:
			case NFTA_CHAIN_FLAGS: put(data, a);
			}
	return MNL_CB_OK;
}

/* An expression's or object's own data, without what packets change. */
static void put_data(struct listing *l, const char *kind, const struct nlattr *data)
{
	const struct nlattr *a;

	if (!strcmp(kind, "counter") || !strcmp(kind, "last"))
		return;
	mnl_attr_for_each_nested(a, data)
		if (strcmp(kind, "quota") || mnl_attr_get_type(a) != NFTA_QUOTA_CONSUMED)
			put(l, a);
}

static int on_object(const struct nlmsghdr *h, void *data)
{
	static const char *const stateful[] = { [NFT_OBJECT_COUNTER] = "counter", [NFT_OBJECT_QUOTA] = "quota" };
	const char *kind = "";
	const struct nlattr *a;

	if (ours(data, h))
		mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
			switch (mnl_attr_get_type(a)) {
			case NFTA_OBJ_TYPE:
				if (ntohl(mnl_attr_get_u32(a)) < sizeof(stateful) / sizeof(*stateful) &&
				    stateful[ntohl(mnl_attr_get_u32(a))])
					kind = stateful[ntohl(mnl_attr_get_u32(a))];
				/* fallthrough */
			case NFTA_OBJ_NAME: put(data, a); break;
			case NFTA_OBJ_DATA: put_data(data, kind, a);
			}
	return MNL_CB_OK;
}

static void note_set(struct listing *l, const char *name, uint32_t flags)
{
	if (flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT))
		return;
	l->sets = arena_grow(l->out->arena, l->sets, l->nsets, &l->sets_room, sizeof(*l->sets));
	l->sets[l->nsets++] = arena_strdup(l->out->arena, name);
}

static int on_set(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *a;
	uint32_t flags = 0;

	if (!ours(data, h))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		switch (mnl_attr_get_type(a)) {
		case NFTA_SET_FLAGS:
			flags = ntohl(mnl_attr_get_u32(a));
			/* fallthrough */
		case NFTA_SET_NAME:
		case NFTA_SET_KEY_TYPE:
		case NFTA_SET_KEY_LEN:
		case NFTA_SET_DATA_TYPE:
		case NFTA_SET_DATA_LEN:
		case NFTA_SET_OBJ_TYPE:
		case NFTA_SET_TIMEOUT:
		case NFTA_SET_DESC: put(data, a);
		}
	note_set(data, nl_text(h, NFTA_SET_NAME), flags);
	return MNL_CB_OK;
}

static int on_rule(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *a, *e, *part;

	if (!ours(data, h))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		unsigned type = mnl_attr_get_type(a);

		if (type == NFTA_RULE_CHAIN || type == NFTA_RULE_USERDATA || type == NFTA_RULE_COMPAT)
			put(data, a);
		if (type != NFTA_RULE_EXPRESSIONS)
			continue;
		mnl_attr_for_each_nested(e, a) {
			const char *kind = "";

			mnl_attr_for_each_nested(part, e)
				if (mnl_attr_get_type(part) == NFTA_EXPR_NAME) {
					kind = mnl_attr_get_str(part);
					put(data, part);
				} else if (mnl_attr_get_type(part) == NFTA_EXPR_DATA) {
					put_data(data, kind, part);
				}
		}
	}
	return MNL_CB_OK;
}

/* The element's key, data, flags, and its place in the buffer. */
static void note_element(struct listing *l, const struct nlattr *element)
{
	struct buffer *b = buffer_new(l->out->arena);
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, element)
		switch (mnl_attr_get_type(a)) {
		case NFTA_SET_ELEM_KEY:
		case NFTA_SET_ELEM_KEY_END:
		case NFTA_SET_ELEM_DATA:
		case NFTA_SET_ELEM_FLAGS:
		case NFTA_SET_ELEM_OBJREF: buffer_put(b, (const char *)a, NLA_ALIGN(a->nla_len));
		}
	l->elements = arena_grow(l->out->arena, l->elements, l->nelements, &l->elements_room, sizeof(*l->elements));
	l->elements[l->nelements++] = (struct element){ b->data, b->len };
}

static int on_elements(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *a, *e;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_SET_ELEM_LIST_ELEMENTS)
			mnl_attr_for_each_nested(e, a)
				note_element(data, e);
	return MNL_CB_OK;
}

static int by_bytes(const void *a, const void *b)
{
	const struct element *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int d = n ? memcmp(x->data, y->data, n) : 0;

	return d ? d : x->len < y->len ? -1 : x->len > y->len;
}

static int take_elements(struct listing *l, const char *set)
{
	int e;

	l->nelements = 0;
	e = nl_dump(&l->socket, NFT_MSG_GETSETELEM, l->table->family, NFTA_SET_ELEM_LIST_TABLE, l->table->name, set,
		    on_elements, l);
	if (l->nelements)
		qsort(l->elements, l->nelements, sizeof(*l->elements), by_bytes);
	buffer_puts(l->out, set);
	for (uint32_t i = 0; i < l->nelements; i++)
		buffer_put(l->out, l->elements[i].data, l->elements[i].len);
	return e;
}

static int take_table(struct listing *l)
{
	static const struct {
		unsigned type, table_attr;
		mnl_cb_t each;
	} kinds[] = {
		{ NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, on_chain },
		{ NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, on_object },
		{ NFT_MSG_GETSET, NFTA_SET_TABLE, on_set },
	};
	int e;

	l->nsets = 0;
	l->exists = false;
	e = nl_dump(&l->socket, NFT_MSG_GETTABLE, l->table->family, 0, NULL, NULL, on_table, l);
	if (!e && !l->exists)
		return 0;
	for (unsigned i = 0; !e && i < sizeof(kinds) / sizeof(*kinds); i++) {
		buffer_char(l->out, (char)kinds[i].type);
		e = nl_dump(&l->socket, kinds[i].type, l->table->family, kinds[i].table_attr, l->table->name, NULL,
			    kinds[i].each, l);
	}
	if (!e)
		e = nl_dump_rules(&l->socket, l->out->arena, l->table->family, l->table->name,
				  on_rule, l);
	for (uint32_t i = 0; !e && i < l->nsets; i++)
		e = take_elements(l, l->sets[i]);
	return e;
}

static int take_all(struct listing *l, const struct snapshot_table *tables, unsigned n)
{
	int e = 0;

	l->out->len = 0;
	for (unsigned i = 0; !e && i < n; i++) {
		l->table = &tables[i];
		e = take_table(l);
	}
	return e;
}

int listing_take(const struct snapshot_table *tables, unsigned n, struct buffer *out, uint32_t *generation)
{
	struct listing l = { .out = out };
	uint32_t after = 0;
	bool same = false;
	int e = nl_open(&l.socket);

	for (int i = 0; !e && !same && i < NL_TRIES; i++) {
		e = nl_generation(&l.socket, generation);
		if (!e)
			e = take_all(&l, tables, n);
		if (e == ENOENT) /* gone since the table was seen */
			e = EINTR;
		if (!e)
			e = nl_generation(&l.socket, &after);
		same = !e && after == *generation;
		if (e == EINTR) /* changed while it was read */
			e = 0;
	}
	nl_close(&l.socket);
	return e ? e : same ? 0 : EBUSY;
}
