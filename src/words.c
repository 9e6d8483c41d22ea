/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <stddef.h>
#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>

static const struct flag_word ct_states[] = {
	{ 1, "invalid" }, { 2, "established" }, { 4, "related" },
	{ 8, "new" },	  { 64, "untracked" },	{ 0, NULL },
};
static const struct flag_word ct_statuses[] = {
	{ IPS_EXPECTED, "expected" }, { IPS_SEEN_REPLY, "seen-reply" },
	{ IPS_ASSURED, "assured" },   { IPS_CONFIRMED, "confirmed" },
	{ IPS_SRC_NAT, "snat" },      { IPS_DST_NAT, "dnat" },
	{ IPS_DYING, "dying" },	      { 0, NULL },
};
static const struct flag_word ct_events[] = {
	{ 1 << 0, "new" },     { 1 << 1, "related" },	{ 1 << 2, "destroy" }, { 1 << 3, "reply" },
	{ 1 << 4, "assured" }, { 1 << 5, "protoinfo" }, { 1 << 6, "helper" },  { 1 << 7, "mark" },
	{ 1 << 8, "seqadj" },  { 1 << 9, "secmark" },	{ 1 << 10, "label" },  { 0, NULL },
};
static const struct flag_word tcp_flags[] = {
	{ 1, "fin" },  { 2, "syn" },  { 4, "rst" },   { 8, "psh" }, { 16, "ack" },
	{ 32, "urg" }, { 64, "ecn" }, { 128, "cwr" }, { 0, NULL },
};

const struct flag_word words_nat_flags[] = {
	{ NF_NAT_RANGE_PROTO_RANDOM, "random" },
	{ NF_NAT_RANGE_PROTO_RANDOM_FULLY, "fully-random" },
	{ NF_NAT_RANGE_PERSISTENT, "persistent" },
	{ 0, NULL },
};

const struct flag_word *words_flags(enum value_type type)
{
	if (type == TYPE_CT_STATE)
		return ct_states;
	if (type == TYPE_CT_STATUS)
		return ct_statuses;
	if (type == TYPE_CT_EVENT)
		return ct_events;
	return type == TYPE_TCP_FLAGS ? tcp_flags : NULL;
}

bool words_is_bitmask(enum value_type type)
{
	return words_flags(type) != NULL || type == TYPE_CT_LABEL;
}

bool words_cover(const struct flag_word *words, uint64_t v)
{
	if (!words || !v)
		return false;
	for (; words->word; words++)
		v &= ~(uint64_t)words->bit;
	return !v;
}

/* Only keywords of nft's grammar: other names need /etc/protocols where the text is loaded. */
static const char *proto_word(uint64_t n)
{
	switch (n) {
	case IPPROTO_ICMP: return "icmp";
	case IPPROTO_TCP: return "tcp";
	case IPPROTO_UDP: return "udp";
	case IPPROTO_DCCP: return "dccp";
	case IPPROTO_ESP: return "esp";
	case IPPROTO_AH: return "ah";
	case IPPROTO_ICMPV6: return "icmpv6";
	case IPPROTO_COMP: return "comp";
	case IPPROTO_SCTP: return "sctp";
	case IPPROTO_UDPLITE: return "udplite";
	default: return NULL;
	}
}

#define WORD(table, n) ((n) < sizeof(table) / sizeof(*(table)) ? (table)[n] : NULL)

static const char *icmp_word(uint64_t n)
{
	static const char *const words[] = {
		[0] = "echo-reply",
		[3] = "destination-unreachable",
		[4] = "source-quench",
		[8] = "echo-request",
		[9] = "router-advertisement",
		[10] = "router-solicitation",
		[11] = "time-exceeded",
		[12] = "parameter-problem",
		[13] = "timestamp-request",
		[14] = "timestamp-reply",
		[15] = "info-request",
		[16] = "info-reply",
		[17] = "address-mask-request",
		[18] = "address-mask-reply",
	};

	return WORD(words, n);
}

static const char *icmpv6_word(uint64_t n)
{
	static const char *const words[] = {
		[1] = "destination-unreachable", [2] = "packet-too-big",
		[3] = "time-exceeded",		 [4] = "parameter-problem",
		[128] = "echo-request",		 [129] = "echo-reply",
		[130] = "mld-listener-query",	 [131] = "mld-listener-report",
		[132] = "mld-listener-done",	 [133] = "nd-router-solicit",
		[134] = "nd-router-advert",	 [135] = "nd-neighbor-solicit",
		[136] = "nd-neighbor-advert",	 [137] = "nd-redirect",
		[138] = "router-renumbering",	 [141] = "ind-neighbor-solicit",
		[142] = "ind-neighbor-advert",	 [143] = "mld2-listener-report",
	};

	return WORD(words, n);
}

const char *words_value(enum value_type type, uint64_t n)
{
	static const char *const pkttypes[] = { "host", "broadcast", "multicast", "other" };
	static const char *const addrtypes[] = { "unspec",    "unicast",     "local",
						 "broadcast", "anycast",     "multicast",
						 "blackhole", "unreachable", "prohibit" };
	static const char *const directions[] = { "original", "reply" };

	switch ((int)type) {
	case TYPE_PROTO: return proto_word(n);
	case TYPE_PKTTYPE: return WORD(pkttypes, n);
	case TYPE_ADDRTYPE: return WORD(addrtypes, n);
	case TYPE_CT_DIR: return WORD(directions, n);
	case TYPE_ICMP_TYPE: return icmp_word(n);
	case TYPE_ICMPV6_TYPE: return icmpv6_word(n);
	default: return NULL;
	}
}

const char *words_type(const struct operand *o)
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
	case TYPE_TIME: /* "time" is first of all the name of durations */
	case TYPE_MSEC: break;
	}
	return NULL;
}

/* Fields of headers whose place the operand tells. `kind` is the field's, `type` the header's. */
struct part {
	uint8_t kind, type;
	uint16_t off, bits;
	const char *word;
};

/* exthdr.c, tcpopt.c and ipopt.c of nftables */
static const struct part parts[] = {
	{ KIND_EXTHDR, IPPROTO_HOPOPTS, 0, 8, "nexthdr" },
	{ KIND_EXTHDR, IPPROTO_HOPOPTS, 8, 8, "hdrlength" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 0, 8, "nexthdr" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 8, 8, "hdrlength" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 16, 8, "type" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 24, 8, "seg-left" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 32, 8, "last-entry" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 40, 8, "flags" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 48, 16, "tag" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 64, 128, "sid[1]" },
	{ KIND_EXTHDR, IPPROTO_ROUTING, 192, 128, "sid[2]" },
	{ KIND_EXTHDR, IPPROTO_FRAGMENT, 0, 8, "nexthdr" },
	{ KIND_EXTHDR, IPPROTO_FRAGMENT, 8, 8, "reserved" },
	{ KIND_EXTHDR, IPPROTO_FRAGMENT, 16, 13, "frag-off" },
	{ KIND_EXTHDR, IPPROTO_FRAGMENT, 29, 2, "reserved2" },
	{ KIND_EXTHDR, IPPROTO_FRAGMENT, 31, 1, "more-fragments" },
	{ KIND_EXTHDR, IPPROTO_FRAGMENT, 32, 32, "id" },
	{ KIND_EXTHDR, IPPROTO_DSTOPTS, 0, 8, "nexthdr" },
	{ KIND_EXTHDR, IPPROTO_DSTOPTS, 8, 8, "hdrlength" },
	{ KIND_EXTHDR, IPPROTO_MH, 0, 8, "nexthdr" },
	{ KIND_EXTHDR, IPPROTO_MH, 8, 8, "hdrlength" },
	{ KIND_EXTHDR, IPPROTO_MH, 16, 8, "type" },
	{ KIND_EXTHDR, IPPROTO_MH, 24, 8, "reserved" },
	{ KIND_EXTHDR, IPPROTO_MH, 32, 16, "checksum" },
	{ KIND_TCPOPT, 2, 16, 16, "size" },
	{ KIND_TCPOPT, 3, 16, 8, "count" },
	{ KIND_TCPOPT, 8, 16, 32, "tsval" },
	{ KIND_TCPOPT, 8, 48, 32, "tsecr" },
	{ KIND_IPOPT, 131, 0, 8, "type" },
	{ KIND_IPOPT, 131, 8, 8, "length" },
	{ KIND_IPOPT, 131, 16, 8, "ptr" },
	{ KIND_IPOPT, 131, 24, 32, "addr" },
	{ KIND_IPOPT, 7, 0, 8, "type" },
	{ KIND_IPOPT, 7, 8, 8, "length" },
	{ KIND_IPOPT, 7, 16, 8, "ptr" },
	{ KIND_IPOPT, 7, 24, 32, "addr" },
	{ KIND_IPOPT, 137, 0, 8, "type" },
	{ KIND_IPOPT, 137, 8, 8, "length" },
	{ KIND_IPOPT, 137, 16, 8, "ptr" },
	{ KIND_IPOPT, 137, 24, 32, "addr" },
	{ KIND_IPOPT, 148, 0, 8, "type" },
	{ KIND_IPOPT, 148, 8, 8, "length" },
	{ KIND_IPOPT, 148, 16, 16, "value" },
};

/* What follows the common four bytes of a routing header nft knows as parts of one for segment routing. */
static const char *exthdr_word(const struct operand *o)
{
	switch (o->hdr.type) {
	case IPPROTO_HOPOPTS: return "hbh";
	case IPPROTO_ROUTING: return o->exists || o->hdr.off < 32 ? "rt" : "srh";
	case IPPROTO_FRAGMENT: return "frag";
	case IPPROTO_DSTOPTS: return "dst";
	case IPPROTO_MH: return "mh";
	default: return NULL;
	}
}

static const char *ipopt_word(uint8_t type)
{
	switch (type) {
	case 7: return "rr";
	case 131: return "lsrr";
	case 137: return "ssrr";
	case 148: return "ra";
	default: return NULL;
	}
}

static const char *chunk_word(uint8_t type)
{
	static const char *const words[] = {
		"data",		 "init",       "init-ack", "sack",	   "heartbeat",
		"heartbeat-ack", "abort",      "shutdown", "shutdown-ack", "error",
		"cookie-echo",	 "cookie-ack", "ecne",	   "cwr",	   "shutdown-complete",
	};

	switch (type) {
	case 0x80: return "asconf-ack";
	case 0xc0: return "forward-tsn";
	case 0xc1: return "asconf";
	default: return WORD(words, type);
	}
}

const char *words_header(const struct operand *o)
{
	static const char *const tcp_options[] = { "eol",  "nop", "maxseg", "window",	"sack-perm",
						   "sack", NULL,  NULL,	    "timestamp" };

	switch ((int)field_table[o->field].kind) {
	case KIND_EXTHDR: return exthdr_word(o);
	case KIND_TCPOPT: return WORD(tcp_options, o->hdr.type);
	case KIND_IPOPT: return ipopt_word(o->hdr.type);
	case KIND_SCTPCHUNK: return chunk_word(o->hdr.type);
	default: return NULL;
	}
}

/* The common start of every chunk. */
static const char *chunk_field(const struct operand *o)
{
	if (o->hdr.bits == 8 && o->hdr.off == 0)
		return "type";
	if (o->hdr.bits == 8 && o->hdr.off == 8)
		return "flags";
	return o->hdr.bits == 16 && o->hdr.off == 16 ? "length" : NULL;
}

const char *words_header_field(const struct operand *o)
{
	unsigned kind = field_table[o->field].kind;

	if (o->exists)
		return "";
	if (kind == KIND_SCTPCHUNK)
		return chunk_field(o);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].kind == kind && parts[i].type == o->hdr.type &&
		    parts[i].off == o->hdr.off && parts[i].bits == o->hdr.bits)
			return parts[i].word;
	return NULL;
}

const char *words_reject(bool v6, unsigned code)
{
	static const char *const v4[] = {
		[0] = "net-unreachable",   [1] = "host-unreachable", [2] = "prot-unreachable",
		[3] = "port-unreachable",  [9] = "net-prohibited",   [10] = "host-prohibited",
		[13] = "admin-prohibited",
	};
	static const char *const six[] = {
		[0] = "no-route",	  [1] = "admin-prohibited", [3] = "addr-unreachable",
		[4] = "port-unreachable", [5] = "policy-fail",	    [6] = "reject-route",
	};

	return v6 ? WORD(six, code) : WORD(v4, code);
}

const char *words_log_level(unsigned level)
{
	static const char *const levels[] = { "emerg",	"alert", "crit",  "err",  "warn",
					      "notice", "info",	 "debug", "audit" };

	return WORD(levels, level);
}

const char *words_limit_unit(uint32_t seconds)
{
	switch (seconds) {
	case 60: return "minute";
	case 3600: return "hour";
	case 86400: return "day";
	case 604800: return "week";
	default: return "second";
	}
}

const char *words_fib_flag(unsigned bit)
{
	static const char *const flags[] = { "saddr", "daddr", "mark", "iif", "oif" };

	return WORD(flags, bit);
}
