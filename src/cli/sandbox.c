/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox: --check=sandbox: the kernel takes the ruleset in an empty network namespace of our own. */
#include "cli.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* A user namespace gives the right to make a network namespace to who has not got it. */
static bool enter(void)
{
	return !unshare(CLONE_NEWNET) || (errno == EPERM && !unshare(CLONE_NEWUSER | CLONE_NEWNET));
}

int cli_check_sandbox(const struct cli_options *o, struct arena *a)
{
	struct iptc2nft *ctx;
	int st = cli_compile(o, a, &ctx);

	if (st == IPTC2NFT_OK && !enter()) {
		cli_error("no network namespace can be made: %s (it takes root, or unprivileged user namespaces)",
			  strerror(errno));
		st = IPTC2NFT_SYSTEM;
	} else if (st == IPTC2NFT_OK) {
		/* Committed for good: the namespace goes when this process ends. */
		st = iptc2nft_apply(ctx, false);
		cli_diagnose(ctx);
	}
	return st;
}
