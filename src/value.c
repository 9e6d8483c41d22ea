/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <string.h>

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool value_u64_prefix(const char *s, size_t len, uint64_t *out, size_t *used)
{
	unsigned base = 10;
	size_t i = 0, start;
	uint64_t v = 0;

	while (i < len && isspace((unsigned char)s[i]))
		i++;
	if (i < len && s[i] == '+')
		i++;
	if (len - i > 2 && s[i] == '0' && (s[i + 1] == 'x' || s[i + 1] == 'X') && digit_of(s[i + 2]) < 16) {
		base = 16;
		i += 2;
	} else if (len - i > 1 && s[i] == '0') {
		base = 8;
	}
	for (start = i; i < len; i++) {
		unsigned d = (unsigned)digit_of(s[i]);

		if (d >= base)
			break;
		/* Only a number of nearly 64 bits can run over: a division a digit is dear. */
		if (v >> 59 && v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	*used = i;
	return i > start;
}

/* Nearly every number: up to nine digits, of which the first is not zero. */
static bool small_decimal(const char *s, size_t len, uint64_t *out)
{
	uint32_t v = 0;

	if (!len || len > 9 || s[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned d = (unsigned char)s[i] - (unsigned)'0';

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

bool value_u64(const char *s, size_t len, uint64_t min, uint64_t max, uint64_t *out)
{
	size_t used;
	uint64_t v;

	if (!small_decimal(s, len, &v) && (!value_u64_prefix(s, len, &v, &used) || used != len))
		return false;
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

bool value_decimal(const char *s, size_t len, uint64_t *out, size_t *used)
{
	size_t i = 0, start;
	bool minus;

	while (i < len && isspace((unsigned char)s[i]))
		i++;
	minus = i < len && s[i] == '-';
	if (i < len && (s[i] == '-' || s[i] == '+'))
		i++;
	*out = 0;
	for (start = i; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
		unsigned d = (unsigned)(s[i] - '0');

		*out = *out > (UINT64_MAX - d) / 10 ? UINT64_MAX : *out * 10 + d;
	}
	if (minus && *out != UINT64_MAX)
		*out = -*out;
	*used = i;
	return i > start;
}

bool value_mark(const char *s, size_t len, uint32_t *value, uint32_t *mask)
{
	const char *slash = memchr(s, '/', len);
	size_t n = slash ? (size_t)(slash - s) : len;
	uint64_t v, m = UINT32_MAX;

	if (!value_u64(s, n, 0, UINT32_MAX, &v))
		return false;
	if (slash && !value_u64(slash + 1, len - n - 1, 0, UINT32_MAX, &m))
		return false;
	*value = (uint32_t)v;
	*mask = (uint32_t)m;
	return true;
}

/* A NUL-terminated copy for the C library; false when it does not fit or holds a NUL. */
static bool c_string(const char *s, size_t len, char *to, size_t size)
{
	if (!len || len >= size || memchr(s, '\0', len))
		return false;
	memcpy(to, s, len);
	to[len] = '\0';
	return true;
}

/* The protocol under which the services database knows a port's name. */
static const char *service_proto(unsigned proto)
{
	switch (proto) {
	case IPPROTO_TCP: return "tcp";
	case IPPROTO_UDP: return "udp";
	case IPPROTO_UDPLITE: return "udplite";
	case IPPROTO_SCTP: return "sctp";
	case IPPROTO_DCCP: return "dccp";
	default: return NULL;
	}
}

static bool service_by_name(const char *s, size_t len, unsigned proto, uint16_t *out)
{
	char name[256], buf[4096];
	struct servent entry, *found = NULL;

	if (!c_string(s, len, name, sizeof(name)))
		return false;
	if (getservbyname_r(name, service_proto(proto), &entry, buf, sizeof(buf), &found) || !found)
		return false;
	*out = ntohs((uint16_t)found->s_port);
	return true;
}

bool value_port(const char *s, size_t len, unsigned proto, uint16_t *out)
{
	uint64_t v;

	if (!value_u64(s, len, 0, UINT16_MAX, &v))
		return service_by_name(s, len, proto, out);
	*out = (uint16_t)v;
	return true;
}

bool value_service(const char *s, size_t len, uint16_t *out)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_DCCP, IPPROTO_UDPLITE };
	uint64_t v;
	size_t used;

	if (!len || (value_decimal(s, len, &v, &used) && used == len)) {
		*out = len ? (uint16_t)v : 0;
		return !len || (int32_t)v >= 0;
	}
	for (size_t i = 0; i < sizeof(protos); i++)
		if (service_by_name(s, len, protos[i], out))
			return true;
	return false;
}

/* xtables_chain_protos of iptables' libxtables: known without the protocols database. */
static const struct {
	const char *name;
	uint8_t number;
} known_protos[] = {
	{ "tcp", IPPROTO_TCP },         { "sctp", IPPROTO_SCTP },     { "udp", IPPROTO_UDP },
	{ "udplite", IPPROTO_UDPLITE }, { "icmp", IPPROTO_ICMP },     { "icmpv6", IPPROTO_ICMPV6 },
	{ "ipv6-icmp", IPPROTO_ICMPV6 }, { "esp", IPPROTO_ESP },      { "ah", IPPROTO_AH },
	{ "ipv6-mh", IPPROTO_MH },      { "mh", IPPROTO_MH },         { "all", 0 },
	{ "mobility-header", IPPROTO_MH },
};

/* What nearly every rule says. */
static bool is_tcp_or_udp(const char *s, size_t len, uint16_t *out)
{
	if (len != 3 || s[2] != 'p')
		return false;
	*out = s[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	return (s[0] == 't' && s[1] == 'c') || (s[0] == 'u' && s[1] == 'd');
}

bool value_proto(const char *s, size_t len, uint16_t *out)
{
	char name[64], buf[4096];
	struct protoent entry, *found = NULL;
	uint64_t v;

	if (is_tcp_or_udp(s, len, out))
		return true;
	if (value_u64(s, len, 0, UINT8_MAX, &v)) {
		*out = (uint16_t)v;
		return true;
	}
	if (!c_string(s, len, name, sizeof(name)))
		return false;
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < sizeof(known_protos) / sizeof(known_protos[0]); i++)
		if (!strcmp(known_protos[i].name, name)) {
			*out = known_protos[i].number;
			return true;
		}
	if (getprotobyname_r(name, &entry, buf, sizeof(buf), &found) || !found)
		return false;
	*out = (uint16_t)found->p_proto;
	return true;
}

const char *proto_name(unsigned proto)
{
#define TEN(t) t "0", t "1", t "2", t "3", t "4", t "5", t "6", t "7", t "8", t "9"
	static const char *const numbers[] = {
		TEN(""),   TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),
		TEN("7"),  TEN("8"),  TEN("9"),  TEN("10"), TEN("11"), TEN("12"), TEN("13"),
		TEN("14"), TEN("15"), TEN("16"), TEN("17"), TEN("18"), TEN("19"), TEN("20"),
		TEN("21"), TEN("22"), TEN("23"), TEN("24"), TEN("25"),
	};
#undef TEN

	for (size_t i = 0; proto && i < sizeof(known_protos) / sizeof(known_protos[0]); i++)
		if (known_protos[i].number == proto)
			return known_protos[i].name;
	switch (proto) {
	case IPPROTO_DCCP: return "dccp";
	case IPPROTO_GRE: return "gre";
	case IPPROTO_COMP: return "ipcomp";
	case 115: return "l2tp";
	default: return numbers[proto & UINT8_MAX];
	}
}

unsigned value_resolve(const char *s, size_t len, unsigned family, struct addr *out, unsigned max)
{
	struct addrinfo hints = { .ai_family = family == FAMILY_IPV6 ? AF_INET6 : AF_INET,
				  .ai_socktype = SOCK_RAW };
	struct addrinfo *list = NULL;
	char name[256];
	unsigned n = 0;

	if (!c_string(s, len, name, sizeof(name)) || getaddrinfo(name, NULL, &hints, &list))
		return 0;
	for (struct addrinfo *i = list; i && n < max; i = i->ai_next) {
		memset(&out[n], 0, sizeof(out[n]));
		if (family == FAMILY_IPV6)
			out[n++].v6 = ((struct sockaddr_in6 *)(void *)i->ai_addr)->sin6_addr;
		else
			out[n++].v4 = ((struct sockaddr_in *)(void *)i->ai_addr)->sin_addr;
	}
	freeaddrinfo(list);
	return n;
}

/* __numeric_to_ipaddr() of libxtables: missing octets of an address are zero ("10.1"). */
static bool dotted(const char *s, size_t len, bool whole, uint8_t out[4])
{
	memset(out, 0, 4);
	for (unsigned i = 0; i < 4; i++) {
		const char *dot = i < 3 ? memchr(s, '.', len) : NULL;
		size_t n = dot ? (size_t)(dot - s) : len;
		uint64_t v;

		if (!value_u64(s, n, 0, 255, &v))
			return false;
		out[i] = (uint8_t)v;
		if (!dot)
			return i == 3 || !whole;
		s += n + 1;
		len -= n + 1;
	}
	return false;
}

/* Four decimal numbers without leading zeros, as iptables-save writes them; false: some other form. */
static bool plain_dotted(const char *s, size_t len, uint8_t out[4])
{
	const char *end = s + len;

	for (unsigned i = 0; i < 4; i++) {
		const char *start = s;
		unsigned v = 0, d;

		for (; s < end && (d = (unsigned char)*s - (unsigned)'0') < 10 && s - start < 3; s++)
			v = v * 10 + d;
		if (s == start || v > 255 || (*start == '0' && s - start > 1))
			return false;
		out[i] = (uint8_t)v;
		if (i < 3 && (s == end || *s++ != '.'))
			return false;
	}
	return s == end;
}

bool value_ipv4(const char *s, size_t len, struct in_addr *out)
{
	uint8_t b[4];

	if (!plain_dotted(s, len, b) && !dotted(s, len, false, b))
		return false;
	memcpy(out, b, 4);
	return true;
}

/* inet_aton(): "10.1" is 10.0.0.1 here, and numbers may be hexadecimal or octal. getaddrinfo() also
 * takes an IPv6 address that stands for one of IPv4. */
bool value_inet_aton(const char *s, size_t len, struct in_addr *out)
{
	struct in6_addr v6;
	char text[64];

	if (!c_string(s, len, text, sizeof(text)))
		return false;
	if (inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_V4MAPPED(&v6)) {
		memcpy(out, v6.s6_addr + 12, sizeof(*out));
		return true;
	}
	return !strpbrk(text, " \t\n\v\f\r") && inet_aton(text, out) == 1;
}

bool value_ipv6(const char *s, size_t len, struct in6_addr *out)
{
	char text[INET6_ADDRSTRLEN];

	return c_string(s, len, text, sizeof(text)) && inet_pton(AF_INET6, text, out) == 1;
}

bool value_mask(const char *s, size_t len, unsigned family, struct addr *out)
{
	unsigned width = family == FAMILY_IPV6 ? 16 : 4;
	uint64_t bits;

	memset(out, 0, sizeof(*out));
	if (value_u64(s, len, 0, width * 8, &bits)) {
		for (unsigned i = 0; i < width; i++, bits -= bits > 8 ? 8 : bits)
			out->b[i] = bits >= 8 ? 0xff : (uint8_t)(0xff00 >> bits);
		return true;
	}
	return width == 4 ? dotted(s, len, true, out->b) : value_ipv6(s, len, &out->v6);
}

int value_prefix(const char *s, size_t len, unsigned family)
{
	uint64_t bits;
	struct addr mask = { .b = { 0 } };

	if (value_u64(s, len, 0, family == FAMILY_IPV6 ? 128 : 32, &bits))
		return (int)bits;
	if (!(family == FAMILY_IPV6 ? value_ipv6(s, len, &mask.v6) : value_inet_aton(s, len, &mask.v4)))
		return -1;

	int ones = mask_prefix(&mask, family);

	return ones < 0 ? PREFIX_NONE : ones;
}

/* xtopt_parse_ethermac(): each of the six is what strtoul() reads, of at most two bytes. */
bool value_ether(const char *s, size_t len, uint8_t out[6])
{
	for (unsigned i = 0; i < 6; i++) {
		const char *colon = i < 5 ? memchr(s, ':', len) : s + len;
		size_t n = colon ? (size_t)(colon - s) : 3, at = 0;
		unsigned v = 0;
		bool minus;

		if (n > 2)
			return false;
		while (at < n && isspace((unsigned char)s[at]))
			at++;
		minus = at < n && s[at] == '-';
		if (at < n && (s[at] == '+' || minus))
			at++;
		if (n && at == n)
			return false;
		for (; at < n; at++) {
			if (digit_of(s[at]) > 15)
				return false;
			v = v * 16 + (unsigned)digit_of(s[at]);
		}
		out[i] = (uint8_t)(minus ? -v : v);
		if (i < 5) {
			s += n + 1;
			len -= n + 1;
		}
	}
	return true;
}

bool value_syslog(const char *s, size_t len, uint8_t *level)
{
	/* xtopt_parse_sysloglevel() of libxtables: these and no others. */
	static const struct {
		const char *name;
		uint8_t level;
	} names[] = {
		{ "emerg", 0 }, { "alert", 1 },  { "crit", 2 }, { "error", 3 },   { "warning", 4 },
		{ "notice", 5 }, { "info", 6 },  { "debug", 7 }, { "panic", 0 },
	};
	uint64_t v;

	if (value_u64(s, len, 0, 7, &v)) {
		*level = (uint8_t)v;
		return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len && !memcmp(names[i].name, s, len)) {
			*level = names[i].level;
			return true;
		}
	return false;
}

void prefix_fill(struct addr *mask, unsigned bits, unsigned family)
{
	unsigned width = family == FAMILY_IPV6 ? 128 : 32;

	memset(mask, 0, sizeof(*mask));
	for (unsigned i = 0; i < width && i < bits; i++)
		mask->b[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

int mask_prefix(const struct addr *mask, unsigned family)
{
	unsigned width = family == FAMILY_IPV6 ? 16 : 4, bits = 0;

	while (bits < width * 8 && mask->b[bits / 8] == 0xff)
		bits += 8;
	while (bits < width * 8 && mask->b[bits / 8] & (0x80 >> bits % 8))
		bits++;
	for (unsigned i = bits; i < width * 8; i++)
		if (mask->b[i / 8] & (0x80 >> i % 8))
			return -1;
	return (int)bits;
}
