/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nl_table.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define ROOM (1 << 15) /* of one receive: the kernel's largest dump message */
#define BOUNDARY_SIZE (NLMSG_HDRLEN + sizeof(struct nfgenmsg))

int nl_open(struct nl_socket *n)
{
	n->seq = 1;
	n->s = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!n->s || mnl_socket_bind(n->s, 0, MNL_SOCKET_AUTOPID) < 0)
		return errno;
	return 0;
}

void nl_close(struct nl_socket *n)
{
	if (n->s)
		mnl_socket_close(n->s);
	n->s = NULL;
}

static struct nlmsghdr *request(struct nl_socket *n, char *buf, unsigned type, uint8_t family, unsigned flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++n->seq;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	return h;
}

static bool ends(const char *buf, ssize_t len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)buf;
	int left = (int)len;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return true;
	return false;
}

/* Receive until the answer is complete; libmnl turns NLMSG_ERROR into -1 and errno. EINTR: the
 * ruleset changed meanwhile. What then still comes is not to be taken for the next answer. */
static int receive(struct nl_socket *n, mnl_cb_t each, void *data)
{
	bool changed = false;
	char buf[ROOM];
	ssize_t len;
	int r = 1;

	while (r > 0) {
		len = mnl_socket_recvfrom(n->s, buf, sizeof(buf));
		if (len < 0 && errno == EINTR) /* a signal */
			continue;
		if (len < 0)
			return errno;
		if (!changed)
			r = mnl_cb_run(buf, (size_t)len, n->seq, mnl_socket_get_portid(n->s), each,
				       data);
		changed |= r < 0 && errno == EINTR;
		if (changed)
			r = !ends(buf, len);
	}
	return r < 0 ? errno : changed ? EINTR : 0;
}

int nl_dump(struct nl_socket *n, unsigned type, uint8_t family, unsigned table_attr,
	    const char *table, const char *part, mnl_cb_t each, void *data)
{
	char buf[1024];
	struct nlmsghdr *h = request(n, buf, type, family, NLM_F_DUMP);

	if (table)
		mnl_attr_put_strz(h, (uint16_t)table_attr, table);
	_Static_assert((int)NFTA_SET_ELEM_LIST_SET == (int)NFTA_RULE_CHAIN,
		       "one attribute for both");
	if (part)
		mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, part);
	if (mnl_socket_sendto(n->s, h, h->nlmsg_len) < 0)
		return errno;
	return receive(n, each, data);
}

struct chains {
	struct arena *arena;
	const char *table;
	const char **names;
	uint32_t n, room;
};

static int note_chain(const struct nlmsghdr *h, void *data)
{
	struct chains *c = data;

	if (strcmp(nl_text(h, NFTA_CHAIN_TABLE), c->table))
		return MNL_CB_OK;
	c->names = arena_grow(c->arena, c->names, c->n, &c->room, sizeof(*c->names));
	c->names[c->n++] = arena_strdup(c->arena, nl_text(h, NFTA_CHAIN_NAME));
	return MNL_CB_OK;
}

struct of_chain {
	const char *chain;
	mnl_cb_t each;
	void *data;
};

/* A kernel that does not know the filter shows those of all chains. */
static int only_of_chain(const struct nlmsghdr *h, void *data)
{
	const struct of_chain *o = data;

	return strcmp(nl_text(h, NFTA_RULE_CHAIN), o->chain) ? MNL_CB_OK : o->each(h, o->data);
}

int nl_dump_rules(struct nl_socket *n, struct arena *a, uint8_t family, const char *table,
		  mnl_cb_t each, void *data)
{
	struct chains c = { .arena = a, .table = table };
	int e = nl_dump(n, NFT_MSG_GETCHAIN, family, NFTA_CHAIN_TABLE, table, NULL, note_chain, &c);

	for (uint32_t i = 0; !e && i < c.n; i++) {
		struct of_chain o = { .chain = c.names[i], .each = each, .data = data };

		e = nl_dump(n, NFT_MSG_GETRULE, family, NFTA_RULE_TABLE, table, c.names[i],
			    only_of_chain, &o);
	}
	return e;
}

static int read_generation(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_GEN_ID)
			*(uint32_t *)data = ntohl(mnl_attr_get_u32(a));
	return MNL_CB_STOP;
}

int nl_generation(struct nl_socket *n, uint32_t *out)
{
	char buf[64];
	struct nlmsghdr *h = request(n, buf, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0);

	if (mnl_socket_sendto(n->s, h, h->nlmsg_len) < 0)
		return errno;
	return receive(n, read_generation, out);
}

/* The first error that the kernel has answered; only errors are. */
static int first_error(int fd)
{
	char buf[ROOM];
	int first = 0;

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)buf;
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == ENOBUFS && !first ? ENOBUFS : first;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_ERROR && e->error && !first)
				first = -e->error;
		}
	}
}

/* More than the system's limit needs the privilege that loading rules needs anyway. */
static void size_buffer(int fd, size_t len)
{
	int size = len > INT32_MAX / 2 ? INT32_MAX / 2 : (int)len + 4096;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

struct nl_pieces nl_whole(const struct buffer *batch)
{
	return (struct nl_pieces){ .iov = { { batch->data, batch->len } }, .n = 1 };
}

int nl_send_on(const struct mnl_socket *s, struct nl_pieces batch, bool check)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr m = { .msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = batch.iov,
			    .msg_iovlen = batch.n };
	size_t len = 0;

	if (check)
		batch.iov[batch.n - 1].iov_len -= BOUNDARY_SIZE;
	for (unsigned i = 0; i < batch.n; i++)
		len += batch.iov[i].iov_len;
	size_buffer(mnl_socket_get_fd(s), len);
	while (sendmsg(mnl_socket_get_fd(s), &m, 0) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

int nl_send(struct nl_pieces batch, bool check)
{
	struct nl_socket n = { 0 };
	int e = nl_open(&n);

	if (!e)
		e = nl_send_on(n.s, batch, check);
	if (!e)
		e = first_error(mnl_socket_get_fd(n.s));
	nl_close(&n);
	return e;
}

const char *nl_text(const struct nlmsghdr *h, unsigned type)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == type)
			return mnl_attr_get_str(a);
	return "";
}

bool nl_has_xtables(const struct nlattr *list)
{
	const struct nlattr *e, *a;

	mnl_attr_for_each_nested(e, list)
		mnl_attr_for_each_nested(a, e)
			if (mnl_attr_get_type(a) == NFTA_EXPR_NAME &&
			    (!strcmp(mnl_attr_get_str(a), "match") || !strcmp(mnl_attr_get_str(a), "target")))
				return true;
	return false;
}
