/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_ruleset: any bytes as a ruleset, through the parser, the lowering and every output.
 *
 * A libFuzzer target (--enable-fuzzers, clang); driver.c gives it a main() of its own. What must hold
 * is said with abort(): an accepted ruleset has outputs, a refused one has a message, and what one
 * output says of support for a rule, a second run says again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "iptc2nft/iptc2nft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
	if (!held)
		abort();
}

static void outputs(struct iptc2nft *ctx)
{
	static const enum iptc2nft_format formats[] = { IPTC2NFT_NFT, IPTC2NFT_JSON, IPTC2NFT_BYTECODE,
							IPTC2NFT_NETLINK };

	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const void *out = NULL;
		size_t len = 0, before = iptc2nft_diagnostics(ctx);
		enum iptc2nft_status st = iptc2nft_emit(ctx, formats[i], &out, &len);

		if (st == IPTC2NFT_OK)
			must(out);
		else
			must(iptc2nft_diagnostics(ctx) > before);
	}
}

static void report(struct iptc2nft *ctx)
{
	const char *out;
	size_t len;

	must(iptc2nft_report(ctx, false, &out, &len) == IPTC2NFT_OK && strlen(out) == len);
	must(iptc2nft_report(ctx, true, &out, &len) == IPTC2NFT_OK && strlen(out) == len);
}

static void run(const struct iptc2nft_options *opts, const uint8_t *data, size_t size)
{
	struct iptc2nft *ctx = iptc2nft_new(opts);
	enum iptc2nft_status st;

	must(ctx);
	st = iptc2nft_add(ctx, "fuzz", data, size);
	must(st == IPTC2NFT_OK);
	st = iptc2nft_compile(ctx);
	must(st == IPTC2NFT_OK || iptc2nft_diagnostics(ctx));
	must(st == IPTC2NFT_OK || st == IPTC2NFT_INPUT || st == IPTC2NFT_UNSUPPORTED);
	if (st == IPTC2NFT_OK)
		outputs(ctx);
	if (st != IPTC2NFT_INPUT)
		report(ctx);
	must(iptc2nft_render(ctx, size & 1) != NULL);
	for (size_t i = 0; i < iptc2nft_diagnostics(ctx); i++)
		must(iptc2nft_diagnostic(ctx, i)->message[0]);
	iptc2nft_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum iptc2nft_family families[] = { IPTC2NFT_IPV4, IPTC2NFT_IPV6, IPTC2NFT_DETECT };
	struct iptc2nft_options opts = { .size = sizeof(opts), .source_lines = true };

	/* The options follow from the bytes, so that a corpus stays plain text. */
	opts.family = families[size % 3];
	opts.counters = size % 5 ? IPTC2NFT_COUNTERS_ZERO : IPTC2NFT_COUNTERS_KEEP;
	opts.unsupported = size % 7 ? IPTC2NFT_REFUSE : IPTC2NFT_COMPAT;
	opts.split_tables = size % 11 == 0;
	if (size <= 1 << 16)
		run(&opts, data, size);
	return 0;
}
