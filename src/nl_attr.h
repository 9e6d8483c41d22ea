/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl_attr: netlink attributes (include/uapi/linux/netlink.h: struct nlattr) at the end of a buffer.
 * Numbers inside nf_tables' attributes are in network byte order.
 */
#ifndef IPTC2NFT_NL_ATTR_H
#define IPTC2NFT_NL_ATTR_H

#include <endian.h>
#include <string.h>
#include <linux/netlink.h>
#include "buffer.h"

/* Zeroed up to the next multiple of 4, which is what it takes. */
static inline void *attr_room(struct buffer *b, unsigned type, size_t len)
{
	size_t whole = NLA_HDRLEN + NLA_ALIGN(len);
	struct nlattr *a;

	if (b->cap - b->len < whole)
		buffer_reserve(b, whole);
	a = (struct nlattr *)(void *)(b->data + b->len);
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	a->nla_type = (uint16_t)type;
	b->len += whole;
	if (len % 4)
		memset((char *)(a + 1) + NLA_ALIGN(len) - 4, 0, 4);
	return a + 1;
}

static inline void attr_put(struct buffer *b, unsigned type, const void *p, size_t len)
{
	void *to = attr_room(b, type, len);

	if (len)
		memcpy(to, p, len);
}

static inline void attr_string(struct buffer *b, unsigned type, const char *s)
{
	attr_put(b, type, s, strlen(s) + 1);
}

static inline void attr_u8(struct buffer *b, unsigned type, uint8_t v)
{
	*(uint8_t *)attr_room(b, type, 1) = v;
}

static inline void attr_u16(struct buffer *b, unsigned type, uint16_t v)
{
	v = htobe16(v);
	memcpy(attr_room(b, type, 2), &v, 2);
}

static inline void attr_u32(struct buffer *b, unsigned type, uint32_t v)
{
	v = htobe32(v);
	memcpy(attr_room(b, type, 4), &v, 4);
}

static inline void attr_u64(struct buffer *b, unsigned type, uint64_t v)
{
	v = htobe64(v);
	memcpy(attr_room(b, type, 8), &v, 8);
}

/* Returns the place that attr_end() needs. */
static inline size_t attr_nest(struct buffer *b, unsigned type)
{
	size_t at = b->len;

	attr_room(b, type | NLA_F_NESTED, 0);
	return at;
}

/* False: the contents are longer than an attribute can be. */
static inline bool attr_end(struct buffer *b, size_t at)
{
	size_t len = b->len - at;

	if (len > UINT16_MAX)
		return false;
	((struct nlattr *)(void *)(b->data + at))->nla_len = (uint16_t)len;
	return true;
}

#endif
