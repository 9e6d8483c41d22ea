/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply_error: the kernel's errors, told as diagnostics about the input. */
#ifndef IPTC2NFT_APPLY_ERROR_H
#define IPTC2NFT_APPLY_ERROR_H

#include "ir.h"

#define APPLY_ERRORS_MAX 20 /* further ones are counted */

struct apply_error {
	uint32_t seq;    /* of the message */
	uint32_t offset; /* of the attribute in it; 0: not told */
	int number;      /* errno */
	char text[160];  /* the kernel's words, "" for none */
};

struct apply_errors {
	struct apply_error list[APPLY_ERRORS_MAX];
	uint32_t count;
	bool lost;  /* there were more than the socket could hold */
	int system; /* errno of the socket, 0: none */
};

/* Does the kernel only lack the expression for queues? */
bool apply_lacks_queue(struct ir *ir, const struct apply_errors *all);

void apply_report(struct ir *ir, const struct apply_errors *all);

#endif
