/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_target: what logs, changes, redirects or answers packets. */
#include "json.h"

#include <string.h>
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_synproxy.h>
#include "words.h"

/* [ words of the flags ]; NULL when there are none. */
static json_t *words_of(const struct flag_word *f, unsigned flags)
{
	json_t *list = NULL;

	for (; f->word; f++) {
		if (!(flags & f->bit))
			continue;
		if (!list)
			list = json_array();
		json_array_append_new(list, json_string(f->word));
	}
	return list;
}

static void set_words(json_t *v, const char *key, const struct flag_word *f, unsigned flags)
{
	json_t *list = words_of(f, flags);

	if (list)
		json_object_set_new(v, key, list);
}

json_t *json_log(struct json *j, const struct inst_log *l)
{
	static const struct flag_word flags[] = {
		{ NF_LOG_TCPSEQ, "tcp sequence" }, { NF_LOG_TCPOPT, "tcp options" },
		{ NF_LOG_IPOPT, "ip options" },	   { NF_LOG_UID, "skuid" },
		{ NF_LOG_MACDECODE, "ether" },	   { 0, NULL },
	};
	json_t *v = json_object();

	if (l->prefix && *l->prefix) {
		json_t *prefix = json_string(l->prefix);

		if (!prefix)
			json_refuse(j, "nft's JSON has no form for a log prefix that is not UTF-8");
		json_object_set_new(v, "prefix", prefix);
	}
	if (!l->nflog) {
		if (l->level != 4 && words_log_level(l->level))
			json_object_set_new(v, "level", json_string(words_log_level(l->level)));
		set_words(v, "flags", flags, l->flags);
	} else {
		json_object_set_new(v, "group", json_integer(l->group));
		if (l->has_snaplen)
			json_object_set_new(v, "snaplen", json_integer(l->snaplen));
		if (l->threshold)
			json_object_set_new(v, "queue-threshold", json_integer(l->threshold));
	}
	return json_pack("{s:o}", "log", v);
}

static json_t *anonymous_map(struct json *j, const struct operand *key, const struct operand *data,
			     const struct map_entry *e, uint32_t n)
{
	json_t *set = json_array(), *k = json_operand(j, key);

	for (uint32_t i = 0; i < n; i++) {
		json_t *from = json_range(j, key, &e[i].key);

		json_array_append_new(set,
				      json_pack("[o, o]", from, json_range(j, data, &e[i].data)));
	}
	return json_pack("{s:{s:o, s:{s:o}}}", "map", "key", k, "data", "set", set);
}

static json_t *named_map(struct json *j, const struct inst_assign *a)
{
	json_t *key = a->nkey ? json_concat(j, a->key, a->nkey) : json_operand(j, &a->src);

	return json_pack("{s:{s:o, s:o}}", "map", "key", key, "data", json_setref(j, a->map->name));
}

/* The callback table of parser_json.c allows some expressions in tests only. */
static bool test_only(const struct operand *o)
{
	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_EXTHDR:
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK:
	case KIND_SOCKET:
	case KIND_FIB: return !o->nxf;
	case KIND_META:
	case KIND_CT:
	case KIND_PAYLOAD:
	case KIND_RAW:
	case KIND_RT:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: break;
	}
	return false;
}

json_t *json_assign(struct json *j, const struct inst_assign *a)
{
	json_t *key, *value = NULL;

	if (nft_view_breaks_checksum(&j->text.view, &a->dst, j->ir->family))
		json_refuse(j, "nft's JSON can't change these bytes and keep the checksum right");
	key = json_operand(j, &a->dst);
	switch (a->from) {
	case ASSIGN_VALUE: value = json_value(j, &a->dst, &a->value); break;
	case ASSIGN_OPERAND:
		if (field_table[a->dst.field].kind == KIND_PAYLOAD && a->src.nxf)
			json_refuse(j, "nft's JSON can't compute a header field from a field");
		if (test_only(&a->src))
			json_refuse(j, "nft's JSON can't store the value of %s", field_table[a->src.field].nft);
		value = json_operand(j, &a->src);
		break;
	case ASSIGN_MAP: value = anonymous_map(j, &a->src, &a->dst, a->entries, a->nentries); break;
	case ASSIGN_LOOKUP: value = named_map(j, a); break;
	}
	return json_pack("{s:{s:o, s:o}}", "mangle", "key", key, "value", value);
}

static json_t *nat_address(struct json *j, const struct inst_nat *n)
{
	unsigned bytes = j->ir->family == FAMILY_IPV4 ? 4 : 16;
	json_t *lo = json_address(j, &n->addr_lo);

	if (n->flags & NAT_NETMAP) {
		int len = range_prefix_length(n->addr_lo.b, n->addr_hi.b, bytes);

		if (len < 0)
			json_refuse(j, "nft's JSON maps whole prefixes only");
		return json_prefix(lo, len < 0 ? 0 : (unsigned)len);
	}
	if (!memcmp(&n->addr_lo, &n->addr_hi, bytes))
		return lo;
	return json_pack("{s:[o, o]}", "range", lo, json_address(j, &n->addr_hi));
}

static json_t *nat_ports(struct json *j, const struct inst_nat *n)
{
	static const struct operand port = { .field = FIELD_TH_DPORT };

	if (j->text.view.l4proto < 0)
		json_refuse(j, "nft takes ports only after a test of one transport protocol");
	if (n->port_key)
		return anonymous_map(j, n->port_key, &port, n->port_map, n->nport_map);
	if (n->port_lo == n->port_hi)
		return json_integer(n->port_lo);
	return json_pack("{s:[i, i]}", "range", n->port_lo, n->port_hi);
}

json_t *json_nat(struct json *j, const struct inst_nat *n)
{
	static const char *const words[] = { "snat", "dnat", "masquerade", "redirect" };
	json_t *v = json_object();

	if (n->flags & NAT_NETMAP) {
		json_object_set_new(v, "family",
				    json_string(j->ir->family == FAMILY_IPV4 ? "ip" : "ip6"));
		json_object_set_new(v, "type_flags", json_string("prefix"));
		json_object_set_new(v, "flags", json_string("netmap"));
	} else {
		set_words(v, "flags", words_nat_flags, n->flags);
	}
	if (n->has_addr)
		json_object_set_new(v, "addr", nat_address(j, n));
	if (n->has_port || n->port_key)
		json_object_set_new(v, "port", nat_ports(j, n));
	if (!json_object_size(v)) {
		json_decref(v);
		v = json_null();
	}
	return json_pack("{s:o}", words[n->kind], v);
}

json_t *json_reject(struct json *j, const struct inst_reject *r)
{
	bool v6 = j->ir->family == FAMILY_IPV6;
	const char *word = words_reject(v6, r->code);

	if (r->kind == REJECT_TCP_RESET)
		return json_pack("{s:{s:s}}", "reject", "type", "tcp reset");
	return json_pack("{s:{s:s, s:o}}", "reject", "type", v6 ? "icmpv6" : "icmp", "expr",
			 word ? json_string(word) : json_integer(r->code));
}

json_t *json_tproxy(struct json *j, const struct inst_tproxy *p)
{
	json_t *v = json_object();

	if (p->has_addr)
		json_object_set_new(v, "addr", json_address(j, &p->addr));
	if (p->port)
		json_object_set_new(v, "port", json_integer(p->port));
	if (!p->has_addr && !p->port)
		json_refuse(j, "nft needs an address or a port for a transparent proxy");
	if (j->text.view.l4proto < 0)
		json_refuse(j, "nft takes a transparent proxy only after a test of one transport "
			       "protocol");
	return json_pack("{s:o}", "tproxy", v);
}

json_t *json_queue(const struct inst_queue *q)
{
	static const struct flag_word flags[] = { { 1, "bypass" }, { 2, "fanout" }, { 0, NULL } };
	json_t *num = json_integer(q->num), *v;

	if (q->total > 1)
		num = json_pack("{s:[o, i]}", "range", num, q->num + q->total - 1);
	v = json_pack("{s:o}", "num", num);
	set_words(v, "flags", flags, (q->bypass ? 1u : 0) | (q->fanout ? 2u : 0));
	return json_pack("{s:o}", "queue", v);
}

json_t *json_dup(struct json *j, const struct inst_dup *d)
{
	json_t *v = json_pack("{s:o}", "addr", json_address(j, &d->gateway));

	if (d->oif)
		json_object_set_new(v, "dev", json_word(j, d->oif, strlen(d->oif)));
	return json_pack("{s:o}", "dup", v);
}

json_t *json_synproxy(const struct inst_synproxy *s)
{
	static const struct flag_word flags[] = { { NF_SYNPROXY_OPT_TIMESTAMP, "timestamp" },
						  { NF_SYNPROXY_OPT_SACK_PERM, "sack-perm" },
						  { 0, NULL } };
	json_t *v = json_object();

	if (s->flags & NF_SYNPROXY_OPT_MSS)
		json_object_set_new(v, "mss", json_integer(s->mss));
	if (s->flags & NF_SYNPROXY_OPT_WSCALE)
		json_object_set_new(v, "wscale", json_integer(s->wscale));
	set_words(v, "flags", flags, s->flags);
	if (!json_object_size(v)) {
		json_decref(v);
		v = json_null();
	}
	return json_pack("{s:o}", "synproxy", v);
}
