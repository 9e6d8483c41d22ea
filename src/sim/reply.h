/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reply: the reverse of a packet, as the other end would send it. */
#ifndef IPTC2NFT_SIM_REPLY_H
#define IPTC2NFT_SIM_REPLY_H

#include "spec_file.h"
#include "sim/packet.h"

/* @last: the packet as it left this host or was delivered here. false: reported. */
bool reply_packet(struct spec *s, const struct spec_packet *k, const struct sim_packet *last,
		  struct sim_packet *p);

#endif
