/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_target: what logs, changes, redirects or answers packets. */
#include "text.h"

#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_synproxy.h>
#include "words.h"

static void put_log_flags(struct text *t, unsigned flags)
{
	if ((flags & NF_LOG_MASK) == NF_LOG_MASK) {
		buffer_lit(t->b, " flags all");
		return;
	}
	if (flags & (NF_LOG_TCPSEQ | NF_LOG_TCPOPT)) {
		buffer_lit(t->b, " flags tcp ");
		if (flags & NF_LOG_TCPSEQ)
			buffer_lit(t->b, "sequence");
		if ((flags & NF_LOG_TCPSEQ) && (flags & NF_LOG_TCPOPT))
			buffer_char(t->b, ',');
		if (flags & NF_LOG_TCPOPT)
			buffer_lit(t->b, "options");
	}
	if (flags & NF_LOG_IPOPT)
		buffer_lit(t->b, " flags ip options");
	if (flags & NF_LOG_UID)
		buffer_lit(t->b, " flags skuid");
	if (flags & NF_LOG_MACDECODE)
		buffer_lit(t->b, " flags ether");
}

static void put_log_prefix(struct text *t, const char *prefix)
{
	buffer_lit(t->b, " prefix ");
	/* nft expands $name here; emit_text.c has defined a variable for the whole prefix. */
	if (strchr(prefix, '$')) {
		buffer_lit(t->b, "\"$log");
		buffer_u64(t->b, ++t->prefix);
		buffer_char(t->b, '"');
	} else {
		text_quoted(t, prefix, strlen(prefix), "the log prefix");
	}
}

void text_log(struct text *t, const struct inst_log *l)
{
	buffer_lit(t->b, "log");
	if (l->prefix && *l->prefix)
		put_log_prefix(t, l->prefix);
	if (!l->nflog) {
		if (l->level != 4 && words_log_level(l->level)) {
			buffer_lit(t->b, " level ");
			buffer_puts(t->b, words_log_level(l->level));
		}
		put_log_flags(t, l->flags);
		return;
	}
	buffer_lit(t->b, " group ");
	buffer_u64(t->b, l->group);
	if (l->has_snaplen) {
		buffer_lit(t->b, " snaplen ");
		buffer_u64(t->b, l->snaplen);
	}
	if (l->threshold) {
		buffer_lit(t->b, " queue-threshold ");
		buffer_u64(t->b, l->threshold);
	}
}

static void put_map(struct text *t, const struct operand *key, const struct operand *data,
		    const struct map_entry *e, uint32_t n)
{
	buffer_lit(t->b, " map { ");
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buffer_lit(t->b, ", ");
		text_range(t, key, &e[i].key);
		buffer_lit(t->b, " : ");
		text_range(t, data, &e[i].data);
	}
	buffer_lit(t->b, " }");
}

static void put_assigned(struct text *t, const struct inst_assign *a)
{
	const struct field_info *f = &field_table[a->dst.field];
	uint64_t v = value_get(&a->value, operand_bytes(&a->dst) > 8 ? 8 : operand_bytes(&a->dst));

	if (f->type == TYPE_CT_EVENT && text_flags(t, TYPE_CT_EVENT, v, ","))
		return;
	text_operand_value(t, &a->dst, &a->value);
}

void text_assign(struct text *t, const struct inst_assign *a)
{
	if (nft_view_breaks_checksum(&t->view, &a->dst, t->ir->family))
		text_refuse(t, "nft's text can't change these bytes and keep the checksum right");
	text_operand(t, &a->dst);
	buffer_lit(t->b, " set ");
	switch (a->from) {
	case ASSIGN_VALUE: put_assigned(t, a); break;
	case ASSIGN_OPERAND:
		/* nft shifts the value into place after a transformation of the narrower field. */
		if (field_table[a->dst.field].kind == KIND_PAYLOAD && a->src.nxf)
			text_refuse(t, "nft's text can't compute a header field from a field");
		text_operand(t, &a->src);
		break;
	case ASSIGN_MAP:
		text_operand(t, &a->src);
		put_map(t, &a->src, &a->dst, a->entries, a->nentries);
		break;
	case ASSIGN_LOOKUP:
		if (a->nkey)
			text_concat(t, a->key, a->nkey);
		else
			text_operand(t, &a->src);
		buffer_lit(t->b, " map @");
		buffer_puts(t->b, a->map->nft_name);
		break;
	}
}

static void put_nat_address(struct text *t, const struct addr *a, bool brackets)
{
	if (brackets)
		buffer_char(t->b, '[');
	text_address(t->b, t->ir->family, a);
	if (brackets)
		buffer_char(t->b, ']');
}

static void put_nat_flags(struct text *t, unsigned flags)
{
	char sep = ' ';

	for (const struct flag_word *f = words_nat_flags; f->word; f++) {
		if (!(flags & f->bit))
			continue;
		buffer_char(t->b, sep);
		buffer_puts(t->b, f->word);
		sep = ',';
	}
}

static bool same_address(const struct addr *a, const struct addr *b, unsigned family)
{
	return !memcmp(a, b, family == FAMILY_IPV4 ? 4 : 16);
}

static void put_netmap(struct text *t, const struct inst_nat *n)
{
	int len = range_prefix_length(n->addr_lo.b, n->addr_hi.b,
				      t->ir->family == FAMILY_IPV4 ? 4 : 16);

	if (len < 0)
		text_refuse(t, "nft's text maps whole prefixes only");
	text_address(t->b, t->ir->family, &n->addr_lo);
	buffer_char(t->b, '/');
	buffer_u64(t->b, len < 0 ? 0 : (unsigned)len);
}

static void put_nat_ports(struct text *t, const struct inst_nat *n)
{
	static const struct operand port = { .field = FIELD_TH_DPORT };

	if (t->view.l4proto < 0)
		text_refuse(t,
			    "nft's text takes ports only after a test of one transport protocol");
	buffer_puts(t->b, n->port_key ? " : " : ":");
	if (n->port_key) {
		text_operand(t, n->port_key);
		put_map(t, n->port_key, &port, n->port_map, n->nport_map);
		return;
	}
	buffer_u64(t->b, n->port_lo);
	if (n->port_hi != n->port_lo) {
		buffer_char(t->b, '-');
		buffer_u64(t->b, n->port_hi);
	}
}

void text_nat(struct text *t, const struct inst_nat *n)
{
	static const char *const words[] = { "snat", "dnat", "masquerade", "redirect" };
	bool ports = n->has_port || n->port_key;
	bool brackets = ports && t->ir->family == FAMILY_IPV6;

	buffer_puts(t->b, words[n->kind]);
	if (n->flags & NAT_NETMAP)
		buffer_puts(t->b, t->ir->family == FAMILY_IPV4 ? " ip prefix" : " ip6 prefix");
	if (n->has_addr || ports)
		buffer_lit(t->b, " to ");
	if (n->has_addr && (n->flags & NAT_NETMAP)) {
		put_netmap(t, n);
	} else if (n->has_addr) {
		put_nat_address(t, &n->addr_lo, brackets);
		if (!same_address(&n->addr_lo, &n->addr_hi, t->ir->family)) {
			buffer_char(t->b, '-');
			put_nat_address(t, &n->addr_hi, brackets);
		}
	}
	if (ports)
		put_nat_ports(t, n);
	put_nat_flags(t, n->flags);
}

void text_reject(struct text *t, const struct inst_reject *r)
{
	bool v4 = t->ir->family == FAMILY_IPV4;
	const char *word = words_reject(!v4, r->code);

	if (r->kind == REJECT_TCP_RESET) {
		buffer_lit(t->b, "reject with tcp reset");
		return;
	}
	buffer_puts(t->b, v4 ? "reject with icmp " : "reject with icmpv6 ");
	if (word)
		buffer_puts(t->b, word);
	else
		buffer_u64(t->b, r->code);
}

void text_tproxy(struct text *t, const struct inst_tproxy *p)
{
	bool brackets = p->port && t->ir->family == FAMILY_IPV6;

	buffer_lit(t->b, "tproxy to ");
	if (p->has_addr)
		put_nat_address(t, &p->addr, brackets);
	if (p->port) {
		buffer_char(t->b, ':');
		buffer_u64(t->b, p->port);
	}
	if (!p->has_addr && !p->port)
		text_refuse(t, "nft's text needs an address or a port for a transparent proxy");
	if (t->view.l4proto < 0)
		text_refuse(t, "nft's text takes a transparent proxy only after a test of one "
			       "transport protocol");
}

void text_queue(struct text *t, const struct inst_queue *q)
{
	buffer_lit(t->b, "queue num ");
	buffer_u64(t->b, q->num);
	if (q->total > 1) {
		buffer_char(t->b, '-');
		buffer_u64(t->b, q->num + q->total - 1u);
	}
	if (q->bypass)
		buffer_lit(t->b, " bypass");
	if (q->fanout)
		buffer_puts(t->b, q->bypass ? ",fanout" : " fanout");
}

void text_dup(struct text *t, const struct inst_dup *d)
{
	buffer_lit(t->b, "dup to ");
	text_address(t->b, t->ir->family, &d->gateway);
	if (d->oif) {
		buffer_lit(t->b, " device ");
		text_quoted(t, d->oif, strlen(d->oif), "the interface name");
	}
}

void text_synproxy(struct text *t, const struct inst_synproxy *s)
{
	buffer_lit(t->b, "synproxy");
	if (s->flags & NF_SYNPROXY_OPT_MSS) {
		buffer_lit(t->b, " mss ");
		buffer_u64(t->b, s->mss);
	}
	if (s->flags & NF_SYNPROXY_OPT_WSCALE) {
		buffer_lit(t->b, " wscale ");
		buffer_u64(t->b, s->wscale);
	}
	if (s->flags & NF_SYNPROXY_OPT_TIMESTAMP)
		buffer_lit(t->b, " timestamp");
	if (s->flags & NF_SYNPROXY_OPT_SACK_PERM)
		buffer_lit(t->b, " sack-perm");
}
