/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options_use: options and files that the mode has no use for. Whoever gives them means something
 * that would not happen.
 */
#include "cli.h"

static bool prints(enum cli_mode mode)
{
	switch (mode) {
	case MODE_APPLY:
	case MODE_CHECK:
	case MODE_CHECK_SANDBOX:
	case MODE_CONFIRM:
	case MODE_ROLLBACK:
	case MODE_HANDOVER:
	case MODE_HANDBACK: return false;
	case MODE_TRANSLATE:
	case MODE_REPORT:
	case MODE_EXPLAIN:
	case MODE_HOOKS:
	case MODE_VERIFY:
	case MODE_AUDIT:
	case MODE_HELP_EXTENSION:
	case MODE_LIST_EXTENSIONS: break;
	}
	return true;
}

static bool reads_rules(enum cli_mode mode)
{
	switch (mode) {
	case MODE_CONFIRM:
	case MODE_ROLLBACK:
	case MODE_HANDBACK:
	case MODE_HOOKS:
	case MODE_AUDIT:
	case MODE_HELP_EXTENSION:
	case MODE_LIST_EXTENSIONS: return false;
	case MODE_TRANSLATE:
	case MODE_APPLY:
	case MODE_CHECK:
	case MODE_CHECK_SANDBOX:
	case MODE_REPORT:
	case MODE_EXPLAIN:
	case MODE_VERIFY:
	case MODE_HANDOVER: break;
	}
	return true;
}

/* NULL: nothing is out of place. */
static const char *stray(const struct cli_options *o)
{
	bool explains = o->mode == MODE_EXPLAIN, verifies = o->mode == MODE_VERIFY;

	if (!explains && o->all)
		return "--all goes with --explain";
	if (!explains && o->loopback)
		return "--loopback goes with --explain";
	if (!explains && o->answers)
		return "--answers goes with --explain";
	if (!explains && o->summary)
		return "--summary goes with --explain";
	if (!explains && o->npackets)
		return "--packet goes with --explain";
	if (!explains && !verifies && (o->host || o->pcap || o->in))
		return "--host, --pcap and --in go with --explain or --verify";
	if (!verifies && (o->packets_wanted || o->seconds || o->seed))
		return "--packets, --time and --seed go with --verify";
	if (o->output && !prints(o->mode))
		return "-o is for what is printed: nothing is here";
	return NULL;
}

int cli_check_uses(const struct cli_options *o, const char *mode)
{
	const char *what = stray(o);

	if (what)
		cli_error("%s", what);
	else if (o->nfiles && !reads_rules(o->mode))
		cli_error("--%s takes no file, but '%s' is given", mode ? mode : "confirm",
			  o->files[0]);
	else
		return -1;
	return IPTC2NFT_USAGE;
}
