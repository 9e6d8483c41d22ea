/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hmark_eval: the mark that HMARK gives a packet. */
#ifndef IPTC2NFT_EXT_HMARK_EVAL_H
#define IPTC2NFT_EXT_HMARK_EVAL_H

#include <netinet/in.h>
#include <linux/netfilter/xt_HMARK.h>
#include "sim/packet.h"

void hmark_eval(const struct xt_hmark_info *info, struct sim_packet *p);

#endif
