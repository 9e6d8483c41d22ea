/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: what the files of --explain share. */
#ifndef IPTC2NFT_CLI_EXPLAIN_H
#define IPTC2NFT_CLI_EXPLAIN_H

#include "cli.h"
#include "context.h"
#include "spec_file.h"
#include "sim/branch.h"
#include "sim/out_html.h"
#include "sim/out_json.h"
#include "sim/out_svg.h"
#include "sim/out_text.h"
#include "sim/sim.h"
#include "sim/summary.h"
#include "sim/trace.h"

enum explain_format { EXPLAIN_TEXT, EXPLAIN_JSON, EXPLAIN_TRACE, EXPLAIN_SVG, EXPLAIN_HTML };

struct explain {
	const struct cli_options *o;
	enum explain_format format;
	struct arena *arena;
	struct diags diags;
	struct host host;
	struct spec spec;
	struct iptc2nft *rules[2]; /* IPv4, IPv6; NULL: not given */
	struct sim sims[2];
	struct arena states[2];    /* what these remember from packet to packet */
	struct branches branches[2];
	struct summary *summaries[2];
	struct buffer *out, *scratch;
	struct out_text text;
	struct out_json json;
	struct out_svg svg;
	struct out_html html;
	struct trace trace;
	const char *ipset;      /* the host's sets, or NULL */
	struct sim_packet last; /* as it ended; for `packet reply` */
	bool any;
	struct capture *capture;
};

/* explain_walk.c: walk all packets and write what there is to say; the exit status. */
int explain_walk(struct explain *x);

/* The simulation's observer, for the format that was asked for. */
void explain_observe(struct explain *x, struct sim *s);

#endif
