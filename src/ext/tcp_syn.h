/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPTC2NFT_TCP_SYN_H
#define IPTC2NFT_TCP_SYN_H

#include "ext.h"

/* tcp_demands_syn - is this a tcp match that only packets with SYN pass (find_syn_match() of
 * net/netfilter/xt_TCPMSS.c: SYN among the flags to be set, not inverted)? */
bool tcp_demands_syn(const struct ext_use *u);

#endif
