/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of somebody else's: it sees the public header and what pkg-config says, nothing more.
 * usage: translate FILE, the ruleset as nft text on standard output.
 */
#include <iptc2nft/iptc2nft.h>
#include <stdio.h>

static char text[1 << 20];

int main(int argc, char **argv)
{
	struct iptc2nft_options opts = { .size = sizeof(opts), .counters = IPTC2NFT_COUNTERS_NONE };
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	enum iptc2nft_status st;
	struct iptc2nft *ctx;
	const void *out;
	size_t len;

	if (!f) {
		fputs("usage: translate FILE\n", stderr);
		return IPTC2NFT_USAGE;
	}
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	ctx = iptc2nft_new(&opts);
	if (!ctx)
		return IPTC2NFT_SYSTEM;
	st = iptc2nft_add(ctx, argv[1], text, len);
	if (st == IPTC2NFT_OK)
		st = iptc2nft_compile(ctx);
	if (st == IPTC2NFT_OK)
		st = iptc2nft_emit(ctx, IPTC2NFT_NFT, &out, &len);
	if (st == IPTC2NFT_OK)
		fwrite(out, 1, len, stdout);
	else
		fputs(iptc2nft_render(ctx, false), stderr);
	iptc2nft_free(ctx);
	return (int)st;
}
