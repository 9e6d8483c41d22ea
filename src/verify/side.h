/* SPDX-License-Identifier: GPL-2.0-or-later */
/* side: what the process of one side does. */
#ifndef IPTC2NFT_VERIFY_SIDE_H
#define IPTC2NFT_VERIFY_SIDE_H

#include "verify/run.h"

/* From the fork to the end of the process. */
void side_main(const struct verify_setup *s, const struct run_wish *w, enum side_kind kind, struct side *me,
	       struct side *peer) __attribute__((noreturn));

#endif
