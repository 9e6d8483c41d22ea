/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPTC2NFT_REPORT_H
#define IPTC2NFT_REPORT_H

#include "buffer.h"
#include "ir.h"

/* report_ruleset - rules per table and chain, native or not and why, unused chains, rules that can't
 * be reached, sets and kernel features needed. @json: one JSON object, otherwise text. */
void report_ruleset(struct ir *ir, bool json, struct buffer *out);

#endif
