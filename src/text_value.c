/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_value: values as nft reads them. */
#include "text.h"

#include <string.h>
#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>

struct flag_name {
	uint32_t bit;
	const char *name;
};

/* ct.c and proto.c of nftables: the names that its symbol tables have. */
static const struct flag_name ct_states[] = {
	{ 1, "invalid" }, { 2, "established" }, { 4, "related" }, { 8, "new" }, { 64, "untracked" },
	{ 0, NULL },
};
static const struct flag_name ct_statuses[] = {
	{ IPS_EXPECTED, "expected" }, { IPS_SEEN_REPLY, "seen-reply" }, { IPS_ASSURED, "assured" },
	{ IPS_CONFIRMED, "confirmed" }, { IPS_SRC_NAT, "snat" }, { IPS_DST_NAT, "dnat" },
	{ IPS_DYING, "dying" }, { 0, NULL },
};
static const struct flag_name ct_events[] = {
	{ 1 << 0, "new" }, { 1 << 1, "related" }, { 1 << 2, "destroy" }, { 1 << 3, "reply" },
	{ 1 << 4, "assured" }, { 1 << 5, "protoinfo" }, { 1 << 6, "helper" }, { 1 << 7, "mark" },
	{ 1 << 8, "seqadj" }, { 1 << 9, "secmark" }, { 1 << 10, "label" }, { 0, NULL },
};
static const struct flag_name tcp_flags[] = {
	{ 1, "fin" }, { 2, "syn" }, { 4, "rst" }, { 8, "psh" }, { 16, "ack" }, { 32, "urg" },
	{ 64, "ecn" }, { 128, "cwr" }, { 0, NULL },
};

static const struct flag_name *flag_names(enum value_type type)
{
	if (type == TYPE_CT_STATE)
		return ct_states;
	if (type == TYPE_CT_STATUS)
		return ct_statuses;
	if (type == TYPE_CT_EVENT)
		return ct_events;
	return type == TYPE_TCP_FLAGS ? tcp_flags : NULL;
}

bool text_is_bitmask(enum value_type type)
{
	return flag_names(type) != NULL || type == TYPE_CT_LABEL;
}

bool text_flags(struct text *t, enum value_type type, uint64_t v, const char *sep)
{
	const struct flag_name *names = flag_names(type);
	uint64_t left = v;

	if (!names || !v)
		return false;
	for (const struct flag_name *f = names; f->name; f++)
		left &= ~(uint64_t)f->bit;
	if (left)
		return false;

	bool first = true;

	for (const struct flag_name *f = names; f->name; f++) {
		if (!(v & f->bit))
			continue;
		if (!first)
			buffer_puts(t->b, sep);
		buffer_puts(t->b, f->name);
		first = false;
	}
	return true;
}

static void put_flags(struct text *t, enum value_type type, uint64_t v)
{
	/* One flag needs no operator, and several would need parentheses in some places. */
	if ((v & (v - 1)) || !text_flags(t, type, v, ""))
		buffer_hex(t->b, v, 1);
}

static void put_ipv4(struct buffer *b, const uint8_t *a)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			buffer_char(b, '.');
		buffer_u64(b, a[i]);
	}
}

static void put_ipv6(struct buffer *b, const uint8_t *a)
{
	char s[INET6_ADDRSTRLEN];

	buffer_puts(b, inet_ntop(AF_INET6, a, s, sizeof(s)));
}

void text_address(struct buffer *b, unsigned family, const struct addr *a)
{
	if (family == FAMILY_IPV4)
		put_ipv4(b, a->b);
	else
		put_ipv6(b, a->b);
}

static void put_ether(struct buffer *b, const uint8_t *a)
{
	static const char hex[] = "0123456789abcdef";
	char s[17];

	for (unsigned i = 0; i < 6; i++) {
		s[i * 3] = hex[a[i] >> 4];
		s[i * 3 + 1] = hex[a[i] & 15];
		if (i < 5)
			s[i * 3 + 2] = ':';
	}
	buffer_put(b, s, sizeof(s));
}

/* Where all but the low 64 bits are zero a number is enough; raw payload may be wider. */
static void put_integer(struct buffer *b, unsigned bytes, const struct value *v)
{
	static const char hex[] = "0123456789abcdef";

	if (bytes <= 8) {
		uint64_t n = value_get(v, bytes);

		if (bytes > 4)
			buffer_hex(b, n, 1);
		else
			buffer_u64(b, n);
		return;
	}
	buffer_lit(b, "0x");
	for (unsigned i = 0; i < bytes; i++) {
		buffer_char(b, hex[v->b[i] >> 4]);
		buffer_char(b, hex[v->b[i] & 15]);
	}
}

void text_time(struct buffer *b, uint64_t ms)
{
	static const struct {
		uint32_t ms;
		const char *unit;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" } };

	if (!ms)
		buffer_lit(b, "0s");
	for (unsigned i = 0; i < 5; i++) {
		if (ms >= units[i].ms) {
			buffer_u64(b, ms / units[i].ms);
			buffer_puts(b, units[i].unit);
		}
		ms %= units[i].ms;
	}
}

void text_quoted(struct text *t, const char *s, size_t len, const char *what)
{
	if (memchr(s, '"', len))
		text_refuse(t, "nft's text has no form for the \" in %s", what);
	buffer_char(t->b, '"');
	buffer_put(t->b, s, len);
	buffer_char(t->b, '"');
}

/*
 * A string at the end of which nft would see a wildcard gets a backslash. A backslash of its own
 * before the star would be taken for that one.
 */
static void put_string(struct text *t, const struct value *v)
{
	const char *s = (const char *)v->b;
	size_t len = strnlen(s, sizeof(v->b));

	if (!len)
		text_refuse(t, "nft's text has no empty strings");
	if (len && s[len - 1] == '*') {
		char escaped[18];

		memcpy(escaped, s, len - 1);
		memcpy(escaped + len - 1, "\\*", 2);
		text_quoted(t, escaped, len + 1, "the name");
	} else {
		text_quoted(t, s, len, "the name");
	}
}

static const char *proto_word(uint64_t n)
{
	/* Only keywords of nft's grammar: other names need /etc/protocols where the text is loaded. */
	switch (n) {
	case 1: return "icmp";
	case 6: return "tcp";
	case 17: return "udp";
	case 33: return "dccp";
	case 50: return "esp";
	case 51: return "ah";
	case 58: return "icmpv6";
	case 108: return "comp";
	case 132: return "sctp";
	case 136: return "udplite";
	default: return NULL;
	}
}

static const char *word_of(enum value_type type, uint64_t n)
{
	static const char *const pkttypes[] = { "host", "broadcast", "multicast", "other" };
	static const char *const addrtypes[] = { "unspec", "unicast", "local", "broadcast", "anycast",
						 "multicast", "blackhole", "unreachable",
						 "prohibit" };
	static const char *const directions[] = { "original", "reply" };

	switch ((int)type) {
	case TYPE_PROTO: return proto_word(n);
	case TYPE_PKTTYPE: return n < 4 ? pkttypes[n] : NULL;
	case TYPE_ADDRTYPE: return n < 9 ? addrtypes[n] : NULL;
	case TYPE_CT_DIR: return n < 2 ? directions[n] : NULL;
	default: return NULL;
	}
}

static const char *icmp_word(uint64_t n)
{
	switch (n) {
	case 0: return "echo-reply";
	case 3: return "destination-unreachable";
	case 4: return "source-quench";
	case 5: return "redirect";
	case 8: return "echo-request";
	case 9: return "router-advertisement";
	case 10: return "router-solicitation";
	case 11: return "time-exceeded";
	case 12: return "parameter-problem";
	case 13: return "timestamp-request";
	case 14: return "timestamp-reply";
	case 15: return "info-request";
	case 16: return "info-reply";
	case 17: return "address-mask-request";
	case 18: return "address-mask-reply";
	default: return NULL;
	}
}

static const char *icmpv6_word(uint64_t n)
{
	static const char *const from128[] = {
		"echo-request", "echo-reply", "mld-listener-query", "mld-listener-report",
		"mld-listener-done", "nd-router-solicit", "nd-router-advert", "nd-neighbor-solicit",
		"nd-neighbor-advert", "nd-redirect", "router-renumbering",
	};

	switch (n) {
	case 1: return "destination-unreachable";
	case 2: return "packet-too-big";
	case 3: return "time-exceeded";
	case 4: return "parameter-problem";
	case 141: return "ind-neighbor-solicit";
	case 142: return "ind-neighbor-advert";
	case 143: return "mld2-listener-report";
	default: return n >= 128 && n <= 138 ? from128[n - 128] : NULL;
	}
}

static void put_word_or_number(struct buffer *b, const char *word, uint64_t n)
{
	if (word)
		buffer_puts(b, word);
	else
		buffer_u64(b, n);
}

/* Connection labels are written by the number of their bit. */
static void put_label(struct text *t, const struct value *v)
{
	int bit = -1;

	for (unsigned i = 0; i < 128; i++)
		if (v->b[15 - i / 8] & 1 << i % 8) {
			if (bit >= 0)
				text_refuse(t, "nft's text can only name one connection label at a "
					       "time");
			bit = (int)i;
		}
	if (bit < 0)
		text_refuse(t, "nft's text has no form for an empty set of connection labels");
	else
		buffer_u64(t->b, (unsigned)bit);
}

static void put_date(struct text *t, uint64_t ns)
{
	if (ns % 1000000000)
		text_refuse(t, "nft's text has no fractions of a second");
	buffer_u64(t->b, ns / 1000000000);
}

void text_value(struct text *t, enum value_type type, unsigned bytes, const struct value *v)
{
	struct buffer *b = t->b;
	uint64_t n = value_get(v, bytes > 8 ? 8 : bytes);

	switch (type) {
	case TYPE_IPV4: put_ipv4(b, v->b); break;
	case TYPE_IPV6: put_ipv6(b, v->b); break;
	case TYPE_ETHER: put_ether(b, v->b); break;
	case TYPE_IFNAME:
	case TYPE_STRING: put_string(t, v); break;
	case TYPE_CT_STATE:
	case TYPE_CT_STATUS:
	case TYPE_CT_EVENT:
	case TYPE_TCP_FLAGS: put_flags(t, type, n); break;
	case TYPE_MARK:
	case TYPE_ETHERTYPE:
	case TYPE_DSCP: buffer_hex(b, n, 1); break;
	case TYPE_CLASSID: buffer_printf(b, "%x:%x", (unsigned)(n >> 16), (unsigned)(n & 0xffff)); break;
	case TYPE_PROTO:
	case TYPE_PKTTYPE:
	case TYPE_ADDRTYPE:
	case TYPE_CT_DIR: put_word_or_number(b, word_of(type, n), n); break;
	case TYPE_ICMP_TYPE: put_word_or_number(b, icmp_word(n), n); break;
	case TYPE_ICMPV6_TYPE: put_word_or_number(b, icmpv6_word(n), n); break;
	case TYPE_MSEC: text_time(b, n); break;
	case TYPE_TIME: put_date(t, n); break;
	case TYPE_CT_LABEL: put_label(t, v); break;
	case TYPE_CGROUPV2: text_refuse(t, "nft's text can only name a control group by its path"); break;
	case TYPE_INTEGER: put_integer(b, bytes, v); break;
	case TYPE_IFINDEX:
	case TYPE_IFTYPE:
	case TYPE_UID:
	case TYPE_GID:
	case TYPE_REALM:
	case TYPE_DEVGROUP:
	case TYPE_DAY:
	case TYPE_HOUR:
	case TYPE_NFPROTO:
	case TYPE_PORT:
	case TYPE_ECN:
	case TYPE_DCCP_TYPE: buffer_u64(b, n); break;
	}
}

void text_operand_value(struct text *t, const struct operand *o, const struct value *v)
{
	unsigned bytes = operand_bytes(o);
	const struct field_info *f = &field_table[o->field];

	if (o->exists || (f->kind == KIND_PAYLOAD && !text_known_l4(t, o)))
		put_integer(t->b, bytes, v);
	else
		text_value(t, (enum value_type)f->type, bytes, v);
}

void text_range(struct text *t, const struct operand *o, const struct value_range *r)
{
	text_operand_value(t, o, &r->lo);
	if (!memcmp(&r->lo, &r->hi, sizeof(r->lo)))
		return;
	buffer_char(t->b, '-');
	text_operand_value(t, o, &r->hi);
}

const char *text_type_name(const struct operand *o)
{
	switch ((enum value_type)field_table[o->field].type) {
	case TYPE_PROTO: return "inet_proto";
	case TYPE_ETHERTYPE: return "ether_type";
	case TYPE_MARK: return "mark";
	case TYPE_CLASSID: return "classid";
	case TYPE_IFNAME: return "ifname";
	case TYPE_IFINDEX: return "iface_index";
	case TYPE_IFTYPE: return "iface_type";
	case TYPE_UID: return "uid";
	case TYPE_GID: return "gid";
	case TYPE_REALM: return "realm";
	case TYPE_PKTTYPE: return "pkt_type";
	case TYPE_DEVGROUP: return "devgroup";
	case TYPE_TIME: return "time";
	case TYPE_DAY: return "day";
	case TYPE_HOUR: return "hour";
	case TYPE_CT_STATE: return "ct_state";
	case TYPE_CT_DIR: return "ct_dir";
	case TYPE_CT_STATUS: return "ct_status";
	case TYPE_CT_LABEL: return "ct_label";
	case TYPE_CT_EVENT: return "ct_event";
	case TYPE_NFPROTO: return "nf_proto";
	case TYPE_IPV4: return "ipv4_addr";
	case TYPE_IPV6: return "ipv6_addr";
	case TYPE_PORT: return "inet_service";
	case TYPE_ETHER: return "ether_addr";
	case TYPE_DSCP: return "dscp";
	case TYPE_ECN: return "ecn";
	case TYPE_TCP_FLAGS: return "tcp_flag";
	case TYPE_DCCP_TYPE: return "dccp_pkttype";
	case TYPE_ICMP_TYPE: return "icmp_type";
	case TYPE_ICMPV6_TYPE: return "icmpv6_type";
	case TYPE_ADDRTYPE: return "fib_addrtype";
	case TYPE_CGROUPV2: return "cgroupsv2";
	case TYPE_INTEGER:
	case TYPE_STRING:
	case TYPE_MSEC: break;
	}
	return NULL;
}
