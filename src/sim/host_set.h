/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_set: the host's ipsets as text. */
#ifndef IPTC2NFT_SIM_HOST_SET_H
#define IPTC2NFT_SIM_HOST_SET_H

#include "buffer.h"
#include "sim/host.h"

/* Append what `ipset save` would print; false: reported. */
bool host_sets_text(const struct host *h, struct diags *d, struct buffer *b);

#endif
