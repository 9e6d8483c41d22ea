/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: a packet from the keys of packet.spec. */
#ifndef IPTC2NFT_SIM_BUILD_H
#define IPTC2NFT_SIM_BUILD_H

#include "spec_file.h"
#include "sim/packet.h"

/*
 * build_packet - bytes and metadata from the keys
 * @last: the previous packet as it left or was delivered, for `packet reply`; may be NULL
 * false: reported to the spec's diags.
 */
bool build_packet(struct spec *s, const struct spec_packet *k, const struct sim_packet *last,
		  struct sim_packet *p);

#endif
