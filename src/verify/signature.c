/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signature: the bytes without what the kernel chooses itself: IPv4's identification, checksums,
 * IPv6's flow label, and of ICMP errors the packet that they quote (its identification and checksum
 * are of those). Checksums say nothing that the bytes don't, but where offloading leaves them open.
 */
#include "verify/signature.h"

#include <string.h>
#include <netinet/in.h>

#define BYTES_MAX 65536

void signature_init(struct signature *s)
{
	for (unsigned i = 0; i < SIGNATURE_LEVELS; i++)
		s->level[i] = 0xcbf29ce484222325u;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t v;

	for (; n >= 8; n -= 8, b += 8) {
		memcpy(&v, b, 8);
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	v = n;
	memcpy(&v, b, n);
	h = (h ^ v ^ (uint64_t)n << 56) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static int checksum_at(unsigned proto)
{
	switch (proto) {
	case IPPROTO_TCP: return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE: return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return 2;
	default: return -1;
	}
}

static bool icmp_error(unsigned proto, unsigned type)
{
	return (proto == IPPROTO_ICMP && (type == 3 || type == 5 || type == 11 || type == 12)) ||
	       (proto == IPPROTO_ICMPV6 && type < 128);
}

/* The kernel's answers to timestamp requests tell the time. */
static bool icmp_clock(unsigned proto, unsigned type)
{
	return proto == IPPROTO_ICMP && (type == 13 || type == 14);
}

static uint32_t head_of(const uint8_t *b, uint32_t len, unsigned *proto)
{
	bool v6 = len && b[0] >> 4 == 6;
	uint32_t head = v6 ? 40 : len ? (b[0] & 15u) * 4 : 0;

	*proto = len < (v6 ? 40u : 20u) ? 255 : v6 ? b[6] : b[9];
	return head;
}

void signature_stable(uint8_t *out, const uint8_t *bytes, uint32_t *len)
{
	unsigned proto;
	uint32_t n = *len, head = head_of(bytes, n, &proto);
	int sum = checksum_at(proto);

	if (out != bytes)
		memcpy(out, bytes, n);
	if (proto == 255)
		return;
	if (out[0] >> 4 == 6) {
		out[1] &= 0xf0;
		out[2] = out[3] = 0;
	} else {
		memset(out + 4, 0, 2);
		memset(out + 10, 0, 2);
	}
	if (sum >= 0 && n >= head + (uint32_t)sum + 2)
		memset(out + head + sum, 0, 2);
	if (n > head + 8 && (icmp_error(proto, out[head]) || icmp_clock(proto, out[head])))
		*len = head + 8;
}

void signature_add(struct signature *s, const struct seen *e, uint32_t in, uint32_t out)
{
	struct {
		uint32_t kind, group, hook, in, out;
	} fate = { e->kind, e->kind == SEEN_HOOK ? 0 : e->group, e->hook, in, out };
	uint8_t bytes[BYTES_MAX];
	uint32_t len = e->len < sizeof(bytes) ? e->len : (uint32_t)sizeof(bytes), head;
	unsigned proto;

	for (unsigned i = 0; i < SIGNATURE_LEVELS; i++) {
		s->level[i] = mix(s->level[i], &fate, sizeof(fate));
		s->level[i] = mix(s->level[i], e->prefix, strlen(e->prefix));
	}
	signature_stable(bytes, e->bytes, &len);
	s->level[SIGNATURE_ALL] = mix(mix(s->level[SIGNATURE_ALL], &e->mark, 4), bytes, len);
	head = head_of(bytes, len, &proto);
	if (head < len)
		memset(bytes + head, 0, len - head < 8 ? len - head : 8);
	s->level[SIGNATURE_PORTS] = mix(mix(s->level[SIGNATURE_PORTS], &e->mark, 4), bytes, len);
}

/* Reports of multicast membership, which follow an address with some delay. */
static bool membership(const uint8_t *b, uint32_t len)
{
	return b[0] >> 4 == 6 && len > 48 && b[6] == IPPROTO_HOPOPTS && b[40] == IPPROTO_ICMPV6 && b[7] == 1 && b[24] == 0xff;
}

bool signature_noise(const struct seen *e, unsigned family)
{
	const uint8_t *b = e->bytes;

	if (e->len < 20 || b[0] >> 4 != (family == FAMILY_IPV6 ? 6 : 4))
		return true;
	if (family == FAMILY_IPV6 && e->len < 40)
		return true;
	return !e->in && membership(b, e->len);
}
