/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load: the original ruleset into the network namespace that we are in, by iptables' own programs. */
#ifndef IPTC2NFT_VERIFY_LOAD_H
#define IPTC2NFT_VERIFY_LOAD_H

#include <stdbool.h>
#include <stddef.h>

enum verify_reference { REFERENCE_LEGACY, REFERENCE_IPTABLES_NFT, REFERENCES };

extern const char *const reference_names[REFERENCES]; /* "iptables-legacy", "iptables-nft" */

/*
 * load_run - a program with @text on its standard input
 * @argv: searched in PATH
 * false: in @why what it said, or why it could not be run.
 */
bool load_run(const char *const argv[], const char *text, size_t len, char *why, size_t room);

/* Is there such a program? */
bool load_finds(const char *program);

/* Has the kernel legacy tables of this family? */
bool load_legacy_works(bool v6);

/* load_reference - iptables-…-restore of the whole text */
bool load_reference(enum verify_reference how, bool v6, const char *text, size_t len, char *why, size_t room);

/* TRACE for every packet, by legacy iptables. */
bool load_trace(bool v6, char *why, size_t room);

#endif
