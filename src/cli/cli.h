/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli: the command line. Only this directory prints and exits. */
#ifndef IPTC2NFT_CLI_H
#define IPTC2NFT_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include "arena.h"
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
	char *text; /* malloc'ed, NUL after the end, and room for another */
	size_t len;
};

/* cli_read - false after saying why on stderr */
bool cli_read(const char *path, struct cli_file *out);

/* cli_write - to stdout, or (path not NULL) to a file that is replaced atomically. */
bool cli_write(const char *path, const void *data, size_t len);

/* cli_compile - read, parse and lower the rulesets that the options name (or stdin); diagnostics go to
 * stderr. *out is set also on failure (when not NULL) and goes with the arena. */
enum iptc2nft_status cli_compile(const struct cli_options *o, struct arena *a, struct iptc2nft **out);

/*
 * A command: what a mode does; the exit status. main() gives it an arena that goes when it is done, and takes
 * over where memory runs out: what else a command holds by then, it has deferred (arena_defer()).
 */
typedef int cli_command(const struct cli_options *o, struct arena *a);

cli_command cli_explain;		   /* --explain: the walk of packets */
cli_command cli_hooks;			   /* --hooks: the kernel's map of hooks */
cli_command cli_check_sandbox;		   /* --check=sandbox */
cli_command cli_apply;			   /* --apply */
cli_command cli_apply_confirm, cli_decide; /* --apply --confirm; --confirm and --rollback */
cli_command cli_handover, cli_handback;
cli_command cli_audit;
cli_command cli_verify;

/* cli_diagnose - print the diagnostics of a context to stderr */
void cli_diagnose(struct iptc2nft *ctx);

/* Is the stream a terminal that wants colour (NO_COLOR, TERM=dumb)? */
bool cli_color(int fd);

void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* cli_parse - the command line into *o; returns -1 to go on, or the exit status. */
int cli_parse(int argc, char **argv, struct cli_options *o);

/* cli_check_uses - -1, or the exit status when something was given that the mode, called so on the
 * command line, has no use for (options_use.c) */
int cli_check_uses(const struct cli_options *o, const char *mode);

#endif
