/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe: nfnetlink_log (net/netfilter/nfnetlink_log.c) and nf_tables' trace messages
 * (net/netfilter/nf_tables_trace.c).
 *
 * One socket listens to all groups, so that what is seen stays in the order in which it happened.
 * With a threshold of 1 the kernel sends each message before the packet goes on.
 */
#include "verify/observe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include "nl_attr.h"
#include "verify/nl_table.h"

#define ROOM	      (1 << 17)
#define RECEIVE_ROOM  (64 << 20)
#define GROUPS_MAX    1024
#define LAST_PRIORITY 30000
#define TRACE_BEFORE  (-350) /* behind defragmentation, where xtables' raw table comes as the first */

static void add_group(struct observe_groups *g, uint16_t group)
{
	for (unsigned i = 0; i < g->n; i++)
		if (g->others[i] == group)
			return;
	if (g->n < GROUPS_MAX)
		g->others[g->n++] = group;
}

static void add_groups(struct observe_groups *g, const struct ir *ir)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					if (i->kind == INST_LOG && i->log.nflog)
						add_group(g, i->log.group);
}

void observe_groups(struct observe_groups *g, struct arena *a, const struct ir *ir, const struct ir *other)
{
	g->others = arena_array(a, GROUPS_MAX, sizeof(*g->others));
	g->n = 0;
	add_group(g, 0);
	add_groups(g, ir);
	add_groups(g, other);
	g->hooks = UINT16_MAX;
	for (unsigned i = 0; i < g->n; i++)
		if (g->others[i] == g->hooks) {
			g->hooks--;
			i = UINT32_MAX; /* from the start */
		}
}

/* A message is open from message() to end(). */
static size_t message(struct buffer *b, unsigned type, unsigned flags, unsigned family, unsigned res_id)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
			      .nlmsg_seq = (uint32_t)b->len + 1 };
	struct nfgenmsg g = { .nfgen_family = (uint8_t)family, .version = NFNETLINK_V0,
			      .res_id = htons((uint16_t)res_id) };
	size_t at = b->len;

	buffer_put(b, &h, sizeof(h));
	buffer_put(b, &g, sizeof(g));
	return at;
}

static void end(struct buffer *b, size_t at)
{
	uint32_t len = (uint32_t)(b->len - at);

	memcpy(b->data + at, &len, sizeof(len));
}

#define TABLES(msg) (NFNL_SUBSYS_NFTABLES << 8 | (msg))

static void put_chain(struct buffer *b, const char *name, unsigned hook, int priority)
{
	size_t m = message(b, TABLES(NFT_MSG_NEWCHAIN), NLM_F_CREATE, NFPROTO_INET, 0), nest;

	attr_string(b, NFTA_CHAIN_TABLE, OBSERVE_TABLE);
	attr_string(b, NFTA_CHAIN_NAME, name);
	nest = attr_nest(b, NFTA_CHAIN_HOOK);
	attr_u32(b, NFTA_HOOK_HOOKNUM, hook);
	attr_u32(b, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	attr_end(b, nest);
	attr_u32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
	attr_string(b, NFTA_CHAIN_TYPE, "filter");
	end(b, m);
}

struct open_rule {
	size_t message, list;
};

static struct open_rule begin_rule(struct buffer *b, const char *chain)
{
	struct open_rule r = { .message = message(b, TABLES(NFT_MSG_NEWRULE), NLM_F_CREATE | NLM_F_APPEND,
						  NFPROTO_INET, 0) };

	attr_string(b, NFTA_RULE_TABLE, OBSERVE_TABLE);
	attr_string(b, NFTA_RULE_CHAIN, chain);
	r.list = attr_nest(b, NFTA_RULE_EXPRESSIONS);
	return r;
}

static void end_rule(struct buffer *b, struct open_rule r)
{
	attr_end(b, r.list);
	end(b, r.message);
}

static void put_log(struct buffer *b, uint16_t group)
{
	size_t e = attr_nest(b, NFTA_LIST_ELEM), d;

	attr_string(b, NFTA_EXPR_NAME, "log");
	d = attr_nest(b, NFTA_EXPR_DATA);
	attr_u16(b, NFTA_LOG_GROUP, group);
	attr_end(b, d);
	attr_end(b, e);
}

/* immediate reg 1 1; meta set nftrace reg 1 */
static void put_nftrace(struct buffer *b)
{
	size_t e = attr_nest(b, NFTA_LIST_ELEM), d, v;
	uint8_t one = 1;

	attr_string(b, NFTA_EXPR_NAME, "immediate");
	d = attr_nest(b, NFTA_EXPR_DATA);
	attr_u32(b, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	v = attr_nest(b, NFTA_IMMEDIATE_DATA);
	attr_put(b, NFTA_DATA_VALUE, &one, 1);
	attr_end(b, v);
	attr_end(b, d);
	attr_end(b, e);
	e = attr_nest(b, NFTA_LIST_ELEM);
	attr_string(b, NFTA_EXPR_NAME, "meta");
	d = attr_nest(b, NFTA_EXPR_DATA);
	attr_u32(b, NFTA_META_KEY, NFT_META_NFTRACE);
	attr_u32(b, NFTA_META_SREG, NFT_REG_1);
	attr_end(b, d);
	attr_end(b, e);
}

static int make_table(struct arena *a, uint16_t group, bool trace)
{
	struct buffer *b = buffer_new(a);
	size_t m;

	end(b, message(b, NFNL_MSG_BATCH_BEGIN, 0, 0, NFNL_SUBSYS_NFTABLES));
	m = message(b, TABLES(NFT_MSG_NEWTABLE), NLM_F_CREATE, NFPROTO_INET, 0);
	attr_string(b, NFTA_TABLE_NAME, OBSERVE_TABLE);
	end(b, m);
	for (unsigned h = 0; h < HOOK_COUNT; h++) {
		struct open_rule r;

		put_chain(b, hook_nft_names[h], h, LAST_PRIORITY);
		r = begin_rule(b, hook_nft_names[h]);
		put_log(b, group);
		end_rule(b, r);
	}
	for (unsigned h = HOOK_PREROUTING; trace && h <= HOOK_OUTPUT; h += HOOK_OUTPUT) {
		const char *name = h ? "trace-output" : "trace-prerouting";
		struct open_rule r;

		put_chain(b, name, h, TRACE_BEFORE);
		r = begin_rule(b, name);
		put_nftrace(b);
		end_rule(b, r);
	}
	end(b, message(b, NFNL_MSG_BATCH_END, 0, 0, NFNL_SUBSYS_NFTABLES));
	return nl_send(nl_whole(b), false);
}

/* The kernel's answer to a request. A group that is bound already may have sent something before. */
static int answer(int fd, uint8_t *room)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)room;

	for (;;) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
		ssize_t n = recv(fd, room, ROOM, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EPROTO;
		if (n >= (ssize_t)mnl_nlmsg_size(sizeof(*e)) && h->nlmsg_type == NLMSG_ERROR)
			return -e->error;
	}
}

static int configure(const struct observer *o, struct buffer *b, uint16_t group, unsigned attr, const void *data,
		     size_t len)
{
	size_t m;

	b->len = 0;
	m = message(b, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK, 0, group);
	attr_put(b, attr, data, len);
	end(b, m);
	return send(o->logs, b->data, b->len, 0) < 0 ? errno : answer(o->logs, o->room);
}

static int bind_group(const struct observer *o, struct buffer *b, uint16_t group)
{
	struct nfulnl_msg_config_cmd bind_cmd = { .command = NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode whole = { .copy_range = htonl(0xffff), .copy_mode = NFULNL_COPY_PACKET };
	uint32_t one = htonl(1);
	int e = configure(o, b, group, NFULA_CFG_CMD, &bind_cmd, sizeof(bind_cmd));

	if (!e)
		e = configure(o, b, group, NFULA_CFG_MODE, &whole, sizeof(whole));
	if (!e)
		e = configure(o, b, group, NFULA_CFG_QTHRESH, &one, sizeof(one));
	return e;
}

static int open_socket(unsigned groups)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), size = RECEIVE_ROOM;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&me, sizeof(me))) {
		close(fd);
		return -1;
	}
	return fd;
}

int observer_open(struct observer *o, struct arena *a, const struct observe_groups *g, bool trace, char *why,
		  size_t room)
{
	struct buffer *b = buffer_new(a);
	int e;

	*o = (struct observer){ .logs = -1, .traces = -1, .group = g->hooks };
	o->room = arena_bytes(a, ROOM);
	e = make_table(a, g->hooks, trace);
	if (e) {
		snprintf(why, room, "the observing nft table can't be made: %s", strerror(e));
		return e;
	}
	o->logs = open_socket(0);
	e = o->logs < 0 ? errno : bind_group(o, b, g->hooks);
	for (unsigned i = 0; i < g->n && !e; i++)
		e = bind_group(o, b, g->others[i]);
	if (!e && trace) {
		o->traces = open_socket(1u << (NFNLGRP_NFTRACE - 1));
		e = o->traces < 0 ? errno : 0;
	}
	if (e)
		snprintf(why, room, "nfnetlink_log can't be listened to: %s", strerror(e));
	return e;
}

static uint32_t number(const struct nlattr *a)
{
	return ntohl(mnl_attr_get_u32(a));
}

static void decode_log(const struct nlmsghdr *h, const struct observer *o, struct seen *s)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	*s = (struct seen){ .group = ntohs(g->res_id), .prefix = "" };
	s->kind = s->group == o->group ? SEEN_HOOK : SEEN_LOG;
	mnl_attr_for_each(a, h, sizeof(*g)) {
		switch (mnl_attr_get_type(a)) {
		case NFULA_PACKET_HDR:
			s->hook = ((const struct nfulnl_msg_packet_hdr *)mnl_attr_get_payload(a))->hook;
			break;
		case NFULA_MARK: s->mark = number(a); break;
		case NFULA_IFINDEX_INDEV: s->in = number(a); break;
		case NFULA_IFINDEX_OUTDEV: s->out = number(a); break;
		case NFULA_PREFIX: s->prefix = mnl_attr_get_str(a); break;
		case NFULA_PAYLOAD:
			s->bytes = mnl_attr_get_payload(a);
			s->len = mnl_attr_get_payload_len(a);
			break;
		default: break;
		}
	}
	if (!strncmp(s->prefix, "TRACE: ", 7) && !s->group)
		s->kind = SEEN_TRACE;
}

static const char *verdict_name(int code)
{
	switch (code) {
	case NF_ACCEPT: return "accept";
	case NF_DROP: return "drop";
	case NFT_JUMP: return "jump";
	case NFT_GOTO: return "goto";
	case NFT_RETURN: return "return";
	case NFT_CONTINUE: return "continue";
	default: return (code & 0xff) == NF_QUEUE ? "queue" : (code & 0xff) == NF_STOLEN ? "stolen" : "";
	}
}

static const char *trace_verdict(const struct nlattr *nest)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest)
		if (mnl_attr_get_type(a) == NFTA_VERDICT_CODE)
			return verdict_name((int)number(a));
	return "";
}

static bool decode_trace(const struct nlmsghdr *h, struct seen *s)
{
	const struct nlattr *a;

	*s = (struct seen){ .kind = SEEN_TRACE, .table = "", .chain = "", .verdict = "", .prefix = "" };
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(a)) {
		case NFTA_TRACE_TABLE: s->table = mnl_attr_get_str(a); break;
		case NFTA_TRACE_CHAIN: s->chain = mnl_attr_get_str(a); break;
		case NFTA_TRACE_RULE_HANDLE: s->handle = be64toh(mnl_attr_get_u64(a)); break;
		case NFTA_TRACE_VERDICT: s->verdict = trace_verdict(a); break;
		case NFTA_TRACE_POLICY:
			s->verdict = verdict_name((int)number(a));
			s->policy = true;
			break;
		case NFTA_TRACE_TYPE:
			s->returns = number(a) == NFT_TRACETYPE_RETURN;
			s->policy |= number(a) == NFT_TRACETYPE_POLICY;
			break;
		default: break;
		}
	}
	return strcmp(s->table, OBSERVE_TABLE) != 0;
}

static int read_socket(struct observer *o, int fd, void (*each)(void *arg, const struct seen *s), void *arg)
{
	for (;;) {
		ssize_t n = recv(fd, o->room, ROOM, MSG_DONTWAIT);
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)o->room;
		int left = (int)n;
		struct seen s;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 || errno == EAGAIN ? 0 : errno;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			if (h->nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)) {
				decode_log(h, o, &s);
				each(arg, &s);
			} else if (h->nlmsg_type == TABLES(NFT_MSG_TRACE) && decode_trace(h, &s)) {
				each(arg, &s);
			}
		}
	}
}

int observer_read(struct observer *o, void (*each)(void *arg, const struct seen *s), void *arg)
{
	int e = o->traces >= 0 ? read_socket(o, o->traces, each, arg) : 0;

	return e ? e : read_socket(o, o->logs, each, arg);
}
