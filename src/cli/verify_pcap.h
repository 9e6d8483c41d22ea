/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPTC2NFT_CLI_VERIFY_PCAP_H
#define IPTC2NFT_CLI_VERIFY_PCAP_H

#include "cli.h"
#include "verify/plan.h"

/* Append the packets of --pcap, which arrive at --in. The exit status; errors are reported. */
int verify_pcap(const struct cli_options *o, unsigned family, struct verify_plan *plan);

#endif
