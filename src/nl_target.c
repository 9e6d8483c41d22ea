/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_target: what logs, redirects or answers packets. */
#include "nl.h"

#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include "nl_attr.h"
#include "words.h"

#define LOGLEVEL_WARNING 4 /* what the kernel takes when none is given */

static unsigned address_bytes(const struct nl *n)
{
	return n->family == NFPROTO_IPV4 ? 4 : 16;
}

void nl_log(struct nl *n, const struct inst_log *l)
{
	struct nl_nest e = nl_expr(n, "log");

	if (l->prefix && *l->prefix)
		attr_string(n->b, NFTA_LOG_PREFIX, l->prefix);
	if (l->nflog) {
		attr_u16(n->b, NFTA_LOG_GROUP, l->group);
		if (l->has_snaplen)
			attr_u32(n->b, NFTA_LOG_SNAPLEN, l->snaplen);
		if (l->threshold)
			attr_u16(n->b, NFTA_LOG_QTHRESHOLD, l->threshold);
	} else {
		if (l->level != LOGLEVEL_WARNING && words_log_level(l->level))
			attr_u32(n->b, NFTA_LOG_LEVEL, l->level);
		if (l->flags & NF_LOG_MASK)
			attr_u32(n->b, NFTA_LOG_FLAGS, l->flags & NF_LOG_MASK);
	}
	nl_expr_end(n, e);
}

static void port(struct nl *n, unsigned word, uint16_t number)
{
	number = htobe16(number);
	nl_immediate(n, word, &number, sizeof(number));
}

/* Words of what NAT needs; NL_VERDICT: none. */
struct nat_words {
	unsigned addr_lo, addr_hi, port_lo, port_hi;
};

static struct nat_words nat_operands(struct nl *n, const struct inst_nat *t)
{
	struct nat_words w = { NL_VERDICT, NL_VERDICT, NL_VERDICT, NL_VERDICT };
	unsigned bytes = address_bytes(n), next = 0;

	if (t->has_addr) {
		nl_immediate(n, w.addr_lo = next, &t->addr_lo, bytes);
		next += NL_WIDE;
		if ((t->flags & NAT_NETMAP) || memcmp(&t->addr_lo, &t->addr_hi, bytes)) {
			nl_immediate(n, w.addr_hi = next, &t->addr_hi, bytes);
			next += NL_WIDE;
		}
	}
	if (t->port_key) {
		struct nl_reg r = nl_load(n, t->port_key, next, false);

		if (nl_entries_wide(t->port_map, t->nport_map))
			nl_to_network(n, &r);
		nl_lookup(n, next, "__map%d", ++n->set_id, false, next);
		w.port_lo = next;
	} else if (t->has_port) {
		port(n, w.port_lo = next, t->port_lo);
		if (t->port_hi != t->port_lo)
			port(n, w.port_hi = next + NL_WIDE, t->port_hi);
	}
	return w;
}

static void put_word(struct nl *n, unsigned attr, unsigned word)
{
	if (word != NL_VERDICT)
		nl_register(n, attr, word);
}

static uint32_t nat_flags(const struct inst_nat *t)
{
	return t->flags | (t->has_port || t->port_key ? NF_NAT_RANGE_PROTO_SPECIFIED : 0u);
}

static void put_snat_dnat(struct nl *n, const struct inst_nat *t, const struct nat_words *w)
{
	struct nl_nest e = nl_expr(n, "nat");

	attr_u32(n->b, NFTA_NAT_TYPE, t->kind == NAT_SNAT ? NFT_NAT_SNAT : NFT_NAT_DNAT);
	attr_u32(n->b, NFTA_NAT_FAMILY, n->family);
	put_word(n, NFTA_NAT_REG_ADDR_MIN, w->addr_lo);
	put_word(n, NFTA_NAT_REG_ADDR_MAX, w->addr_hi);
	put_word(n, NFTA_NAT_REG_PROTO_MIN, w->port_lo);
	put_word(n, NFTA_NAT_REG_PROTO_MAX, w->port_hi);
	if (nat_flags(t))
		attr_u32(n->b, NFTA_NAT_FLAGS, nat_flags(t));
	nl_expr_end(n, e);
}

static void put_masquerade(struct nl *n, const struct inst_nat *t, const struct nat_words *w)
{
	struct nl_nest e = nl_expr(n, "masq");

	if (nat_flags(t))
		attr_u32(n->b, NFTA_MASQ_FLAGS, nat_flags(t));
	put_word(n, NFTA_MASQ_REG_PROTO_MIN, w->port_lo);
	put_word(n, NFTA_MASQ_REG_PROTO_MAX, w->port_hi);
	nl_expr_end(n, e);
}

static void put_redirect(struct nl *n, const struct inst_nat *t, const struct nat_words *w)
{
	struct nl_nest e = nl_expr(n, "redir");

	put_word(n, NFTA_REDIR_REG_PROTO_MIN, w->port_lo);
	put_word(n, NFTA_REDIR_REG_PROTO_MAX, w->port_hi);
	if (nat_flags(t))
		attr_u32(n->b, NFTA_REDIR_FLAGS, nat_flags(t));
	nl_expr_end(n, e);
}

void nl_nat(struct nl *n, const struct inst_nat *t)
{
	struct nat_words w = nat_operands(n, t);

	switch ((enum nat_kind)t->kind) {
	case NAT_SNAT:
	case NAT_DNAT: put_snat_dnat(n, t, &w); break;
	case NAT_MASQUERADE: put_masquerade(n, t, &w); break;
	case NAT_REDIRECT: put_redirect(n, t, &w); break;
	}
}

void nl_reject(struct nl *n, const struct inst_reject *r)
{
	struct nl_nest e = nl_expr(n, "reject");

	attr_u32(n->b, NFTA_REJECT_TYPE,
		 r->kind == REJECT_TCP_RESET ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMP_UNREACH);
	if (r->kind != REJECT_TCP_RESET)
		attr_u8(n->b, NFTA_REJECT_ICMP_CODE, r->code);
	nl_expr_end(n, e);
}

void nl_tproxy(struct nl *n, const struct inst_tproxy *p)
{
	unsigned next = 0, addr = NL_VERDICT, to = NL_VERDICT;
	struct nl_nest e;

	if (!p->has_addr && !p->port)
		nl_refuse(n, "nf_tables needs an address or a port for a transparent proxy");
	if (p->has_addr) {
		nl_immediate(n, addr = next, &p->addr, address_bytes(n));
		next += NL_WIDE;
	}
	if (p->port)
		port(n, to = next, p->port);
	e = nl_expr(n, "tproxy");
	attr_u32(n->b, NFTA_TPROXY_FAMILY, n->family);
	put_word(n, NFTA_TPROXY_REG_ADDR, addr);
	put_word(n, NFTA_TPROXY_REG_PORT, to);
	nl_expr_end(n, e);
}

static void queue_target(struct nl *n, const struct inst_queue *q)
{
	struct nl_nest e = nl_expr(n, "target");
	struct xt_NFQ_info_v3 info = { .queuenum = q->num, .queues_total = q->total ? q->total : 1 };

	info.flags = (uint16_t)((q->bypass ? NFQ_FLAG_BYPASS : 0) | (q->fanout ? NFQ_FLAG_CPU_FANOUT : 0));
	attr_string(n->b, NFTA_TARGET_NAME, "NFQUEUE");
	attr_u32(n->b, NFTA_TARGET_REV, 3);
	attr_put(n->b, NFTA_TARGET_INFO, &info, sizeof(info));
	nl_expr_end(n, e);
}

static void queue_expression(struct nl *n, const struct inst_queue *q)
{
	struct nl_nest e = nl_expr(n, "queue");
	uint16_t flags = (uint16_t)((q->bypass ? NFT_QUEUE_FLAG_BYPASS : 0) |
				    (q->fanout ? NFT_QUEUE_FLAG_CPU_FANOUT : 0));

	attr_u16(n->b, NFTA_QUEUE_NUM, q->num);
	attr_u16(n->b, NFTA_QUEUE_TOTAL, q->total ? q->total : 1);
	if (flags)
		attr_u16(n->b, NFTA_QUEUE_FLAGS, flags);
	nl_expr_end(n, e);
}

void nl_queue(struct nl *n, const struct inst_queue *q)
{
	if (n->ir->queue_target)
		queue_target(n, q);
	else
		queue_expression(n, q);
}

/* The kernel knows interfaces by number here, as nft does when it reads the text. */
void nl_dup(struct nl *n, const struct inst_dup *d)
{
	uint32_t oif = 0;
	struct nl_nest e;

	nl_immediate(n, 0, &d->gateway, address_bytes(n));
	if (d->oif) {
		oif = if_nametoindex(d->oif);
		if (!oif)
			diag_add(n->ir->diags, IPTC2NFT_SEV_SYSTEM, n->inst->at,
				 "there is no interface '%s' now", d->oif);
		nl_immediate(n, NL_WIDE, &oif, sizeof(oif));
	}
	e = nl_expr(n, "dup");
	nl_register(n, NFTA_DUP_SREG_ADDR, 0);
	if (oif)
		nl_register(n, NFTA_DUP_SREG_DEV, NL_WIDE);
	nl_expr_end(n, e);
}

void nl_synproxy(struct nl *n, const struct inst_synproxy *s)
{
	struct nl_nest e = nl_expr(n, "synproxy");

	attr_u16(n->b, NFTA_SYNPROXY_MSS, s->mss);
	attr_u8(n->b, NFTA_SYNPROXY_WSCALE, s->wscale);
	attr_u32(n->b, NFTA_SYNPROXY_FLAGS, s->flags);
	nl_expr_end(n, e);
}

/* nft_exthdr_tcp_strip_eval(): neither a source nor a destination register. */
void nl_strip(struct nl *n, const struct inst_tcpopt_strip *s)
{
	struct nl_nest e = nl_expr(n, "exthdr");

	attr_u8(n->b, NFTA_EXTHDR_TYPE, s->kind);
	attr_u32(n->b, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
	nl_expr_end(n, e);
}
