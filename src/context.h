/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context: what struct iptc2nft is made of, for the program's own front ends. */
#ifndef IPTC2NFT_CONTEXT_H
#define IPTC2NFT_CONTEXT_H

#include "arena.h"
#include "diag.h"
#include "ir.h"
#include "ruleset.h"

struct iptc2nft {
	struct arena arena;
	struct diags diags;
	struct ruleset ruleset;
	struct iptc2nft_options opts;
	struct ir *ir;
	int state;
	bool out_of_memory;
	unsigned alike; /* not 0: only these tables, in the form of ruleset_alike() */
};

/* context_add - iptc2nft_add() without a copy: @text is malloc'ed, has room for two bytes behind the @len, and is the
 * context's from now on, on failure too */
enum iptc2nft_status context_add(struct iptc2nft *ctx, const char *name, char *text, size_t len);

#endif
