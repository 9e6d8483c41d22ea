/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli: the command line. Only this directory prints and exits. */
#ifndef IPTC2NFT_CLI_H
#define IPTC2NFT_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include "iptc2nft/iptc2nft.h"

#define CLI_FILES_MAX   1024
#define CLI_PACKETS_MAX 1024

enum cli_mode {
	MODE_TRANSLATE,
	MODE_APPLY,
	MODE_CHECK,
	MODE_CHECK_SANDBOX,
	MODE_REPORT,
	MODE_EXPLAIN,
	MODE_HOOKS,
	MODE_VERIFY,
	MODE_CONFIRM,
	MODE_ROLLBACK,
	MODE_HANDOVER,
	MODE_HANDBACK,
	MODE_AUDIT,
	MODE_HELP_EXTENSION,
	MODE_LIST_EXTENSIONS,
};

struct cli_options {
	enum cli_mode mode;
	struct iptc2nft_options compile;
	const char *format; /* as written, NULL: the mode's default */
	const char *output; /* -o */
	const char *ipset_file, *ipset_types_file;
	const char *extension;
	const char *files[CLI_FILES_MAX];
	unsigned nfiles;
	/* explain */
	const char *spec, *host, *pcap, *in;
	const char *packets[CLI_PACKETS_MAX];
	unsigned npackets;
	bool all, loopback, answers, summary;
	/* verify */
	const char *mutant; /* for the tests: the number of a damaged translation, or "list" */
	unsigned packets_wanted, seconds, seed;
	/* apply */
	bool confirm;
	unsigned confirm_seconds; /* 0: no confirmation asked for */
};

/* A file read whole; "-" is standard input. */
struct cli_file {
	const char *name;
	char *text; /* malloc'ed, NUL after the end */
	size_t len;
};

/* cli_read - false after saying why on stderr */
bool cli_read(const char *path, struct cli_file *out);

/* cli_write - to stdout, or (path not NULL) to a file that is replaced atomically. */
bool cli_write(const char *path, const void *data, size_t len);

/* cli_compile - read, parse and lower the rulesets that the options name (or stdin); diagnostics go to
 * stderr. *out is set also on failure (when not NULL) and belongs to the caller. */
enum iptc2nft_status cli_compile(const struct cli_options *o, struct iptc2nft **out);

/* cli_explain - the walk of packets; the exit status */
int cli_explain(const struct cli_options *o);

/* cli_hooks - the kernel's map of hooks; the exit status */
int cli_hooks(const struct cli_options *o);

/* --check=sandbox; --apply --confirm; --confirm and --rollback: the exit status */
int cli_check_sandbox(const struct cli_options *o);
int cli_apply_confirm(const struct cli_options *o);
int cli_decide(const struct cli_options *o);

/* --handover, --handback: the exit status */
int cli_handover(const struct cli_options *o);
int cli_handback(const struct cli_options *o);

/* --audit: the exit status */
int cli_audit(const struct cli_options *o);

/* --verify: the exit status */
int cli_verify(const struct cli_options *o);

/* cli_diagnose - print the diagnostics of a context to stderr */
void cli_diagnose(struct iptc2nft *ctx);

/* Is the stream a terminal that wants colour (NO_COLOR, TERM=dumb)? */
bool cli_color(int fd);

void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* cli_parse - the command line into *o; returns -1 to go on, or the exit status. */
int cli_parse(int argc, char **argv, struct cli_options *o);

#endif
