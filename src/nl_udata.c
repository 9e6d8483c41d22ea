/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nl_udata: what nft notes down beside rules and sets for its own listing: libnftnl's udata.h, and
 * the numbers of nft's types (enum datatypes), which the kernel keeps without looking at them.
 */
#include "nl.h"

#include <string.h>
#include <libnftnl/udata.h>
#include "nl_attr.h"
#include "text.h"

#define COMMENT_MAX 128 /* NFTNL_UDATA_COMMENT_MAXLEN */

void udata_put(struct nl_udata *u, unsigned type, const void *p, size_t len)
{
	if (u->len + 2 + len > sizeof(u->b) || len > UINT8_MAX)
		return; /* a note that doesn't fit is left out */
	u->b[u->len++] = (uint8_t)type;
	u->b[u->len++] = (uint8_t)len;
	memcpy(u->b + u->len, p, len);
	u->len += len;
}

/* In the machine's byte order, as nft has them. */
void udata_u32(struct nl_udata *u, unsigned type, uint32_t v)
{
	udata_put(u, type, &v, sizeof(v));
}

void udata_comment(struct nl_udata *u, unsigned type, const char *s, size_t len)
{
	char c[COMMENT_MAX + 1];

	len = text_whole_characters(s, len, COMMENT_MAX);
	for (size_t i = 0; i < len; i++)
		c[i] = (char)(s[i] == '"' ? '\'' : s[i] == '\n' || s[i] == '\r' ? ' ' : s[i]);
	c[len] = '\0';
	udata_put(u, type, c, len + 1);
}

unsigned nl_type(const struct nl *n, const struct operand *o)
{
	static const uint8_t types[] = {
		[TYPE_INTEGER] = 4,    [TYPE_PROTO] = 12,     [TYPE_ETHERTYPE] = 10,
		[TYPE_MARK] = 19,      [TYPE_CLASSID] = 23,   [TYPE_IFNAME] = 41,
		[TYPE_IFINDEX] = 20,   [TYPE_IFTYPE] = 21,    [TYPE_UID] = 24,
		[TYPE_GID] = 25,       [TYPE_REALM] = 22,     [TYPE_PKTTYPE] = 31,
		[TYPE_DEVGROUP] = 35,  [TYPE_TIME] = 43,      [TYPE_DAY] = 45,
		[TYPE_HOUR] = 44,      [TYPE_CT_STATE] = 26,  [TYPE_CT_DIR] = 27,
		[TYPE_CT_STATUS] = 28, [TYPE_MSEC] = 18,      [TYPE_STRING] = 5,
		[TYPE_CT_LABEL] = 30,  [TYPE_NFPROTO] = 2,    [TYPE_IPV4] = 7,
		[TYPE_IPV6] = 8,       [TYPE_PORT] = 13,      [TYPE_CT_EVENT] = 40,
		[TYPE_ETHER] = 9,      [TYPE_DSCP] = 36,      [TYPE_ECN] = 37,
		[TYPE_TCP_FLAGS] = 15, [TYPE_DCCP_TYPE] = 16, [TYPE_ICMP_TYPE] = 14,
		[TYPE_ICMPV6_TYPE] = 29, [TYPE_ADDRTYPE] = 38, [TYPE_CGROUPV2] = 46,
	};

	if (!nft_view_named(&n->view, o) && field_table[o->field].kind == KIND_PAYLOAD)
		return types[TYPE_INTEGER];
	if (o->field == FIELD_ICMP_CODE)
		return 32;
	if (o->field == FIELD_ICMPV6_CODE)
		return 33;
	return types[field_table[o->field].type];
}

/* nft's enum byteorder. */
unsigned nl_byte_order(const struct nl *n, const struct operand *o)
{
	enum { HOST = 1, BIG = 2 };

	(void)n;
	switch (o->field) {
	case FIELD_META_PKTTYPE:
	case FIELD_META_DAY:
	case FIELD_CT_DIRECTION:
	case FIELD_META_NFPROTO:
	case FIELD_SOCKET_TRANSPARENT:
	case FIELD_SOCKET_WILDCARD: return HOST;
	default: break;
	}
	return field_table[o->field].order == ORDER_NET ? BIG : HOST;
}

void udata_typeof(const struct nl *n, struct nl_udata *u, unsigned type, const struct operand *o,
		  unsigned count)
{
	(void)n;
	(void)u;
	(void)type;
	(void)o;
	(void)count;
}
