/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <stdlib.h>
#include <string.h>
#include "buffer.h"

/* The words of nft's scanner in any of its states, up to version 1.1. In strcmp() order. */
static const char *const reserved[] = {
	"8021ad",
	"8021q",
	"a-rwnd",
	"abort",
	"accept",
	"ackseq",
	"add",
	"addr",
	"ah",
	"all",
	"and",
	"arp",
	"asconf",
	"asconf-ack",
	"auto-merge",
	"automerge",
	"avgpkt",
	"bitmask",
	"bridge",
	"broute",
	"burst",
	"bypass",
	"bytes",
	"cfi",
	"cgroup",
	"cgroupv2",
	"chain",
	"chains",
	"checksum",
	"chunk",
	"classid",
	"code",
	"comment",
	"comp",
	"constant",
	"continue",
	"cookie",
	"cookie-ack",
	"cookie-echo",
	"count",
	"counter",
	"counters",
	"cpi",
	"cpu",
	"create",
	"csumcov",
	"ct",
	"cum-tsn-ack",
	"cwr",
	"daddr",
	"data",
	"day",
	"dccp",
	"define",
	"dei",
	"delete",
	"describe",
	"destroy",
	"device",
	"devices",
	"direction",
	"dnat",
	"doff",
	"dport",
	"drop",
	"dscp",
	"dst",
	"dup",
	"dynamic",
	"echo",
	"ecn",
	"ecne",
	"element",
	"elements",
	"eol",
	"eq",
	"error",
	"esp",
	"ether",
	"event",
	"exists",
	"expectation",
	"expiration",
	"expires",
	"export",
	"exthdr",
	"fanout",
	"fastopen",
	"fib",
	"flags",
	"flow",
	"flowlabel",
	"flowtable",
	"flowtables",
	"flush",
	"forward-tsn",
	"frag",
	"frag-off",
	"fullcone",
	"fully-random",
	"fwd",
	"gateway",
	"gc-interval",
	"ge",
	"geneve",
	"get",
	"goto",
	"gre",
	"gretap",
	"group",
	"gt",
	"handle",
	"hbh",
	"hdrlength",
	"heartbeat",
	"heartbeat-ack",
	"helper",
	"helpers",
	"hlen",
	"hook",
	"hooks",
	"hookspec",
	"hoplimit",
	"hour",
	"htype",
	"ibrhwdr",
	"ibriport",
	"ibrname",
	"ibrpvid",
	"ibrvproto",
	"icmp",
	"icmpv6",
	"icmpx",
	"id",
	"igmp",
	"ih",
	"iif",
	"iifgroup",
	"iifkind",
	"iifname",
	"iiftype",
	"import",
	"in",
	"inc",
	"include",
	"index",
	"inet",
	"init",
	"init-ack",
	"init-tag",
	"initial-tsn",
	"inner",
	"insert",
	"interval",
	"ip",
	"ip6",
	"ipsec",
	"jhash",
	"json",
	"jump",
	"l2proto",
	"l3proto",
	"label",
	"last",
	"last-entry",
	"le",
	"left",
	"length",
	"level",
	"limit",
	"limits",
	"list",
	"ll",
	"log",
	"lowest-tsn",
	"lshift",
	"lsrr",
	"lt",
	"map",
	"maps",
	"mark",
	"masquerade",
	"max-delay",
	"maxseg",
	"md5sig",
	"memory",
	"meta",
	"meter",
	"meters",
	"mh",
	"minute",
	"missing",
	"mod",
	"monitor",
	"more-fragments",
	"mptcp",
	"mrt",
	"mss",
	"mtu",
	"name",
	"ne",
	"netdev",
	"new-cum-tsn",
	"nexthdr",
	"nexthop",
	"nft",
	"nftrace",
	"nh",
	"nodad",
	"noop",
	"nop",
	"not",
	"notrack",
	"num",
	"num-dup-tsns",
	"num-gap-ack-blocks",
	"num-inbound-streams",
	"num-outbound-streams",
	"numgen",
	"obrhwdr",
	"obriport",
	"obrname",
	"offload",
	"offset",
	"oif",
	"oifgroup",
	"oifkind",
	"oifname",
	"oiftype",
	"operation",
	"option",
	"options",
	"or",
	"original",
	"osf",
	"out",
	"over",
	"packets",
	"param-problem",
	"pcp",
	"performance",
	"persistent",
	"pkttype",
	"plen",
	"policy",
	"port",
	"position",
	"ppid",
	"prefix",
	"priority",
	"proto-dst",
	"proto-src",
	"protocol",
	"ptr",
	"ptype",
	"queue",
	"queue-threshold",
	"quota",
	"quotas",
	"ra",
	"random",
	"rate",
	"redefine",
	"redirect",
	"reject",
	"rename",
	"replace",
	"reply",
	"reqid",
	"reserved",
	"reserved2",
	"reset",
	"reset-counters",
	"return",
	"reverse",
	"right",
	"rr",
	"rshift",
	"rt",
	"rt0",
	"rt2",
	"rtclassid",
	"rule",
	"rules",
	"ruleset",
	"sack",
	"sack-perm",
	"sack-permitted",
	"sack0",
	"sack1",
	"sack2",
	"sack3",
	"saddr",
	"sctp",
	"sdif",
	"sdifname",
	"secmark",
	"secmarks",
	"second",
	"seed",
	"seg-left",
	"seqno",
	"sequence",
	"set",
	"sets",
	"shutdown",
	"shutdown-ack",
	"shutdown-complete",
	"sid",
	"size",
	"skgid",
	"skuid",
	"snaplen",
	"snat",
	"socket",
	"spi",
	"spnum",
	"sport",
	"srh",
	"ssn",
	"ssrr",
	"state",
	"status",
	"stream",
	"string",
	"subtype",
	"symhash",
	"synproxy",
	"synproxys",
	"table",
	"tables",
	"tag",
	"tcp",
	"tcp-option",
	"th",
	"time",
	"timeout",
	"timestamp",
	"to",
	"tproxy",
	"trace",
	"transparent",
	"tsecr",
	"tsn",
	"tsval",
	"ttl",
	"tunnel",
	"type",
	"typeof",
	"udp",
	"udplite",
	"undefine",
	"until",
	"update",
	"urgptr",
	"used",
	"value",
	"version",
	"vlan",
	"vm",
	"vmap",
	"vni",
	"vtag",
	"vxlan",
	"warn",
	"week",
	"wildcard",
	"window",
	"with",
	"wscale",
	"xml",
	"xor",
	"xt",
	"zone",
};

struct word_key {
	const char *s;
	size_t len;
};

static int compare_word(const void *k, const void *e)
{
	const struct word_key *key = k;
	const char *word = *(const char *const *)e;
	int d = strncmp(key->s, word, key->len);

	return d ? d : -(word[key->len] != '\0');
}

bool name_reserved(const char *s, size_t len)
{
	struct word_key key = { s, len };

	return bsearch(&key, reserved, sizeof(reserved) / sizeof(*reserved), sizeof(*reserved),
		       compare_word) != NULL;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* {string} of nft's scanner.l */
static bool is_first(char c)
{
	return is_letter(c) || c == '_' || c == '.';
}

static bool is_next(char c)
{
	return is_first(c) || (c >= '0' && c <= '9') || c == '/' || c == '-';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool looks_escaped(const char *p)
{
	return p[0] == '/' && ((is_hex(p[1]) && is_hex(p[2])) || p[1] == '.');
}

static bool needs_prefix(const char *name, size_t len)
{
	return !is_first(name[0]) || (name[0] == '_' && name[1] == '-') || name_reserved(name, len);
}

bool name_fits(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!is_next(name[i]) || looks_escaped(name + i))
			return false;
	return len && len <= NAME_MAX_BYTES && !needs_prefix(name, len);
}

const char *name_loadable(struct arena *a, const char *name)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = strlen(name), n = 0;
	bool prefix = needs_prefix(name, len);

	if (name_fits(name))
		return name;

	char *out = arena_bytes(a, len * 3 + 3);

	if (prefix) {
		out[n++] = '_';
		out[n++] = '-';
	}
	for (size_t i = 0; i < len; i++) {
		if (is_next(name[i]) && !looks_escaped(name + i)) {
			out[n++] = name[i];
			continue;
		}
		out[n++] = '/';
		out[n++] = hex[(unsigned char)name[i] >> 4];
		out[n++] = hex[name[i] & 15];
	}
	out[n] = '\0';
	return out;
}

/* Cut names are few and long; the number makes each one different from all others. */
static const char *shortened(struct arena *a, const char *s, unsigned *ncut)
{
	if (strlen(s) <= NAME_MAX_BYTES)
		return s;

	char *cut = arena_strndup(a, s, NAME_MAX_BYTES - 12);
	char *slash = strrchr(cut, '/');

	/* Not inside an escape. */
	if (slash && strlen(slash) < 3)
		*slash = '\0';
	/* name_loadable() leaves no /. in a name. */
	return arena_printf(a, "%s/.%u", cut, ++*ncut);
}

void names_assign(struct ir *ir)
{
	unsigned ncut = 0;

	for (struct ir_chain *c = ir->chains; c && !c->nft_name; c = c->next)
		c->nft_name = shortened(ir->arena, name_loadable(ir->arena, c->name), &ncut);
	for (struct ir_set *s = ir->sets; s && !s->nft_name; s = s->next)
		s->nft_name = shortened(ir->arena, name_loadable(ir->arena, s->name), &ncut);
	for (struct ir_object *o = ir->objects; o && !o->nft_name; o = o->next)
		o->nft_name = shortened(ir->arena, name_loadable(ir->arena, o->name), &ncut);
}
