/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "port_test.h"

enum field_id port_field(unsigned proto, bool destination)
{
	switch (proto) {
	case IPPROTO_TCP: return destination ? FIELD_TCP_DPORT : FIELD_TCP_SPORT;
	case IPPROTO_UDP: return destination ? FIELD_UDP_DPORT : FIELD_UDP_SPORT;
	case IPPROTO_UDPLITE: return destination ? FIELD_UDPLITE_DPORT : FIELD_UDPLITE_SPORT;
	case IPPROTO_SCTP: return destination ? FIELD_SCTP_DPORT : FIELD_SCTP_SPORT;
	case IPPROTO_DCCP: return destination ? FIELD_DCCP_DPORT : FIELD_DCCP_SPORT;
	default: return FIELD_COUNT;
	}
}
