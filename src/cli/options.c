/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "diag.h"
#include "names.h"
#include "target.h"

enum {
	OPT_FIRST = 256,
	OPT_FORMAT, OPT_APPLY, OPT_CHECK, OPT_TABLE, OPT_LAYOUT, OPT_COUNTERS, OPT_UNSUPPORTED,
	OPT_HOTDROP, OPT_TARGET, OPT_IPSET, OPT_IPSET_TYPES, OPT_SOURCE_LINES, OPT_RESOLVE, OPT_REPORT,
	OPT_EXPLAIN, OPT_PACKET, OPT_PCAP, OPT_IN, OPT_HOST, OPT_ALL, OPT_LOOPBACK, OPT_ANSWERS,
	OPT_SUMMARY,
	OPT_HOOKS, OPT_VERIFY, OPT_PACKETS, OPT_TIME, OPT_SEED, OPT_MUTANT,
	OPT_CONFIRM, OPT_ROLLBACK, OPT_HANDOVER,
	OPT_HANDBACK, OPT_AUDIT, OPT_HELP_EXTENSION, OPT_EXTENSIONS,
};

static const struct option long_options[] = {
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "apply", no_argument, NULL, OPT_APPLY },
	{ "check", optional_argument, NULL, OPT_CHECK },
	{ "table", required_argument, NULL, OPT_TABLE },
	{ "layout", required_argument, NULL, OPT_LAYOUT },
	{ "counters", required_argument, NULL, OPT_COUNTERS },
	{ "unsupported", required_argument, NULL, OPT_UNSUPPORTED },
	{ "hotdrop", required_argument, NULL, OPT_HOTDROP },
	{ "target", required_argument, NULL, OPT_TARGET },
	{ "ipset", required_argument, NULL, OPT_IPSET },
	{ "ipset-types", required_argument, NULL, OPT_IPSET_TYPES },
	{ "source-lines", no_argument, NULL, OPT_SOURCE_LINES },
	{ "resolve", no_argument, NULL, OPT_RESOLVE },
	{ "report", no_argument, NULL, OPT_REPORT },
	{ "explain", optional_argument, NULL, OPT_EXPLAIN },
	{ "packet", required_argument, NULL, OPT_PACKET },
	{ "pcap", required_argument, NULL, OPT_PCAP },
	{ "in", required_argument, NULL, OPT_IN },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "loopback", no_argument, NULL, OPT_LOOPBACK },
	{ "answers", no_argument, NULL, OPT_ANSWERS },
	{ "summary", no_argument, NULL, OPT_SUMMARY },
	{ "hooks", no_argument, NULL, OPT_HOOKS },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "packets", required_argument, NULL, OPT_PACKETS },
	{ "time", required_argument, NULL, OPT_TIME },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "verify-mutant", required_argument, NULL, OPT_MUTANT }, /* for the tests, see verify/mutate.h */
	{ "confirm", optional_argument, NULL, OPT_CONFIRM },
	{ "rollback", no_argument, NULL, OPT_ROLLBACK },
	{ "handover", no_argument, NULL, OPT_HANDOVER },
	{ "handback", no_argument, NULL, OPT_HANDBACK },
	{ "audit", no_argument, NULL, OPT_AUDIT },
	{ "help-extension", required_argument, NULL, OPT_HELP_EXTENSION },
	{ "extensions", optional_argument, NULL, OPT_EXTENSIONS },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
	"usage: iptc2nft [options] [FILE...]            translate iptables-save text to nftables\n"
	"       iptc2nft --apply [options] [FILE...]    put it into the kernel, in one transaction\n"
	"       iptc2nft --explain SPEC [FILE...]       the walk of each packet of SPEC\n"
	"       iptc2nft --verify [options] [FILE...]   the same packets through both, in the kernel\n"
	"\n"
	"Without FILE, or where it is -, the ruleset is read from standard input.\n"
	"\n"
	"  -4, -6                     the ruleset's family (otherwise detected)\n"
	"  -o, --output FILE          write to FILE, replacing it atomically\n"
	"      --format FORMAT        nft (default), json, netlink, bytecode\n"
	"      --apply                replace our table in the kernel\n"
	"      --apply --confirm SECONDS   and take it back unless it is confirmed in time\n"
	"      --confirm              confirm it, from another session; --rollback: take it back\n"
	"      --handover             empty iptables' own tables, if they have the same rules as FILE\n"
	"      --handback             load them again, and remove ours\n"
	"      --check                let the kernel validate it, commit nothing\n"
	"      --check=sandbox        load it into an empty network namespace instead\n"
	"      --audit                the machine's packet filters, and what surprises in them\n"
	"      --report               what is native, what is not and why (also --format=json)\n"
	"      --counters MODE        zero (default), keep, none\n"
	"      --unsupported MODE     refuse (default), compat (with --apply: keep xtables blobs)\n"
	"      --hotdrop MODE         exact (default), none\n"
	"      --table NAME           name of the nft table (default iptc2nft)\n"
	"      --layout LAYOUT        single (default), split: one nft table per iptables table\n"
	"      --target VERSIONS      nft-1.0.6,kernel-5.10: what the output must load on\n"
	"      --source-lines         `# file:line` above each rule\n"
	"      --resolve              look host names up (otherwise an error)\n"
	"      --ipset FILE           output of `ipset save`\n"
	"      --ipset-types FILE     lines of NAME TYPE [family inet6]\n"
	"      --extensions[=man]     list the known matches and targets (or as source of a man page)\n"
	"      --help-extension NAME  options of a match or target\n"
	"  -h, --help                 this text\n"
	"  -V, --version              the version\n"
	"\n"
	"explain:\n"
	"      --packet 'KEYS'        a packet instead of SPEC; repeatable\n"
	"      --pcap FILE --in IF    packets from a capture\n"
	"      --host FILE            the host: a spec, or output of `ip addr; ip route; ip rule`\n"
	"      --format FORMAT        text (default), json, trace, svg, html\n"
	"      --all                  every rule looked at; --loopback: also the way back over lo\n"
	"      --answers              also what this host answers: resets, ICMP errors, echo replies\n"
	"      --summary              packets and bytes per rule, rules never hit\n"
	"      --hooks                hooks, tables, priorities and kernel functions\n"
	"\n"
	"verify:\n"
	"      --packets N            how many packets (otherwise what the ruleset needs)\n"
	"      --time SECONDS         at most so long (default 45); --seed N: other packets\n"
	"      --host FILE            the host that both play; --pcap FILE --in IF: packets from a\n"
	"                             capture, too; --format text (default), json\n"
	"\n"
	"exit status: 0 done; 1 the input is wrong; 2 usage; 3 a rule can't be kept exactly;\n"
	"4 the kernel or the operating system refused; 5 verification found a difference\n";

static int say(const char *text)
{
	return cli_write(NULL, text, strlen(text)) ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}

static int wrong(const char *option, const char *value, const char *wanted)
{
	cli_error("--%s: '%s' is not one of %s", option, value, wanted);
	return IPTC2NFT_USAGE;
}

/* One of several modes of a program; two different ones contradict each other. */
static int set_mode(struct cli_options *o, enum cli_mode mode, const char **said, const char *name)
{
	if (*said && o->mode != mode) {
		cli_error("--%s and --%s exclude each other", *said, name);
		return IPTC2NFT_USAGE;
	}
	*said = name;
	o->mode = mode;
	return -1;
}

static int set_choice(int opt, const char *v, struct iptc2nft_options *c)
{
	switch (opt) {
	case OPT_LAYOUT:
		c->split_tables = !strcmp(v, "split");
		return c->split_tables || !strcmp(v, "single") ? -1 : wrong("layout", v, "single, split");
	case OPT_COUNTERS:
		c->counters = !strcmp(v, "keep") ? IPTC2NFT_COUNTERS_KEEP
			      : !strcmp(v, "none") ? IPTC2NFT_COUNTERS_NONE
						   : IPTC2NFT_COUNTERS_ZERO;
		return c->counters || !strcmp(v, "zero") ? -1 : wrong("counters", v, "keep, zero, none");
	case OPT_UNSUPPORTED:
		c->unsupported = !strcmp(v, "compat") ? IPTC2NFT_COMPAT : IPTC2NFT_REFUSE;
		return c->unsupported || !strcmp(v, "refuse") ? -1
							      : wrong("unsupported", v, "refuse, compat");
	default:
		c->hotdrop = !strcmp(v, "none") ? IPTC2NFT_HOTDROP_NONE : IPTC2NFT_HOTDROP_EXACT;
		return c->hotdrop || !strcmp(v, "exact") ? -1 : wrong("hotdrop", v, "exact, none");
	}
}

static int set_family(struct cli_options *o, enum iptc2nft_family f)
{
	if (o->compile.family && o->compile.family != f) {
		cli_error("-4 and -6 exclude each other");
		return IPTC2NFT_USAGE;
	}
	o->compile.family = f;
	return -1;
}

static int set_table(struct cli_options *o, const char *name)
{
	if (!name_fits(name)) {
		cli_error("--table: nft can't read the name '%s'", name);
		return IPTC2NFT_USAGE;
	}
	o->compile.table = name;
	return -1;
}

static int set_target(struct cli_options *o, const char *value)
{
	struct target_version v;

	if (!target_parse(value, &v)) {
		cli_error("--target: '%s' is not understood: want nft-1.0.6,kernel-5.10", value);
		return IPTC2NFT_USAGE;
	}
	o->compile.target = value;
	return -1;
}

static int add_packet(struct cli_options *o, const char *keys)
{
	if (o->npackets == CLI_PACKETS_MAX) {
		cli_error("more than %d --packet", CLI_PACKETS_MAX);
		return IPTC2NFT_USAGE;
	}
	o->packets[o->npackets++] = keys;
	return -1;
}

static int set_check(struct cli_options *o, const char **mode)
{
	if (optarg && strcmp(optarg, "sandbox"))
		return wrong("check", optarg, "sandbox");
	return set_mode(o, optarg ? MODE_CHECK_SANDBOX : MODE_CHECK, mode, "check");
}

#define CONFIRM_SECONDS_MAX 86400

/* --confirm=SECONDS; the seconds may also be the next word, see cli_parse(). */
static int set_confirm(struct cli_options *o, const char *seconds)
{
	char *end = NULL;
	unsigned long n = 0;

	o->confirm = true;
	if (!seconds)
		return -1;
	n = strtoul(seconds, &end, 10);
	if (*seconds < '0' || *seconds > '9' || *end || !n || n > CONFIRM_SECONDS_MAX) {
		cli_error("--confirm: '%s' is not a number of seconds from 1 to %d", seconds, CONFIRM_SECONDS_MAX);
		return IPTC2NFT_USAGE;
	}
	o->confirm_seconds = (unsigned)n;
	return -1;
}

/* --confirm is a mode by itself, and with --apply an option that wants seconds. */
static int settle_confirm(struct cli_options *o, const char *mode, char **argv)
{
	if (!o->confirm)
		return -1;
	if (mode && o->mode != MODE_APPLY) {
		cli_error("--confirm goes with --apply, or stands alone");
		return IPTC2NFT_USAGE;
	}
	if (!mode) {
		o->mode = MODE_CONFIRM;
		return -1;
	}
	if (o->confirm_seconds)
		return -1;
	if (!argv[optind]) {
		cli_error("--apply --confirm needs a number of seconds");
		return IPTC2NFT_USAGE;
	}
	return set_confirm(o, argv[optind++]);
}

#define PACKETS_MAX 1000000
#define SECONDS_MAX 86400

static int set_number(const char *option, unsigned long min, unsigned long max, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(optarg, &end, 10);

	if (*optarg < '0' || *optarg > '9' || *end || n < min || n > max) {
		cli_error("--%s: '%s' is not a number from %lu to %lu", option, optarg, min, max);
		return IPTC2NFT_USAGE;
	}
	*out = (unsigned)n;
	return -1;
}

static int one_option(int c, struct cli_options *o, const char **mode)
{
	switch (c) {
	case '4': return set_family(o, IPTC2NFT_IPV4);
	case '6': return set_family(o, IPTC2NFT_IPV6);
	case 'o': o->output = optarg; return -1;
	case 'h': return say(usage);
	case 'V': return say("iptc2nft " PKGVERSION "\n");
	case OPT_FORMAT: o->format = optarg; return -1;
	case OPT_APPLY: return set_mode(o, MODE_APPLY, mode, "apply");
	case OPT_CHECK: return set_check(o, mode);
	case OPT_CONFIRM: return set_confirm(o, optarg);
	case OPT_AUDIT: return set_mode(o, MODE_AUDIT, mode, "audit");
	case OPT_HANDOVER: return set_mode(o, MODE_HANDOVER, mode, "handover");
	case OPT_HANDBACK: return set_mode(o, MODE_HANDBACK, mode, "handback");
	case OPT_ROLLBACK: return set_mode(o, MODE_ROLLBACK, mode, "rollback");
	case OPT_TABLE: return set_table(o, optarg);
	case OPT_TARGET: return set_target(o, optarg);
	case OPT_IPSET: o->ipset_file = optarg; return -1;
	case OPT_IPSET_TYPES: o->ipset_types_file = optarg; return -1;
	case OPT_SOURCE_LINES: o->compile.source_lines = true; return -1;
	case OPT_RESOLVE: o->compile.resolve = true; return -1;
	case OPT_REPORT: return set_mode(o, MODE_REPORT, mode, "report");
	case OPT_EXPLAIN:
		o->spec = optarg;
		return set_mode(o, MODE_EXPLAIN, mode, "explain");
	case OPT_PACKET: return add_packet(o, optarg);
	case OPT_PCAP: o->pcap = optarg; return -1;
	case OPT_IN: o->in = optarg; return -1;
	case OPT_HOST: o->host = optarg; return -1;
	case OPT_ALL: o->all = true; return -1;
	case OPT_LOOPBACK: o->loopback = true; return -1;
	case OPT_ANSWERS: o->answers = true; return -1;
	case OPT_SUMMARY: o->summary = true; return -1;
	case OPT_VERIFY: return set_mode(o, MODE_VERIFY, mode, "verify");
	case OPT_PACKETS: return set_number("packets", 1, PACKETS_MAX, &o->packets_wanted);
	case OPT_TIME: return set_number("time", 1, SECONDS_MAX, &o->seconds);
	case OPT_SEED: return set_number("seed", 0, INT32_MAX, &o->seed);
	case OPT_MUTANT: o->mutant = optarg; return -1;
	case OPT_HOOKS: return set_mode(o, MODE_HOOKS, mode, "hooks");
	case OPT_HELP_EXTENSION:
		o->extension = optarg;
		return set_mode(o, MODE_HELP_EXTENSION, mode, "help-extension");
	case OPT_EXTENSIONS:
		o->extension = optarg;
		return set_mode(o, MODE_LIST_EXTENSIONS, mode, "extensions");
	case OPT_LAYOUT:
	case OPT_COUNTERS:
	case OPT_UNSUPPORTED:
	case OPT_HOTDROP: return set_choice(c, optarg, &o->compile);
	}
	return IPTC2NFT_USAGE;
}

#define N_LONG (sizeof(long_options) / sizeof(*long_options) - 1)

/* A long option that there is not, or not only one of. */
static void unknown_long(const char *word)
{
	const char *names[N_LONG], *fits[2], *near;
	size_t len = strcspn(word + 2, "="), n = 0;

	for (size_t i = 0; i < N_LONG; i++) {
		names[i] = long_options[i].val == OPT_MUTANT ? "" : long_options[i].name;
		if (!strncmp(names[i], word + 2, len) && n < 2)
			fits[n++] = names[i];
	}
	near = diag_nearest(word + 2, len, names, N_LONG);
	if (n == 2)
		cli_error("'%.*s' is short for --%s and --%s", (int)len + 2, word, fits[0],
			  fits[1]);
	else
		cli_error("unknown option '%.*s'%s%s%s: see iptc2nft --help", (int)len + 2, word,
			  near ? " (did you mean --" : "", near ? near : "", near ? "?)" : "");
}

/* What getopt_long() has refused: @c is ':' where a value is missing. */
static int bad_option(int c, char **argv)
{
	const char *word = argv[optind - 1];
	bool is_long = !strncmp(word, "--", 2);

	if (c == ':')
		cli_error("%.*s needs a value", is_long ? (int)strlen(word) : 2,
			  is_long ? word : "-o");
	else if (!optopt)
		unknown_long(word);
	else if (is_long && (optopt >= OPT_FIRST || strchr("46ohV", optopt)))
		cli_error("%.*s takes no value", (int)strcspn(word, "="), word);
	else
		cli_error("unknown option '-%c': see iptc2nft --help", optopt);
	return IPTC2NFT_USAGE;
}

int cli_parse(int argc, char **argv, struct cli_options *o)
{
	const char *mode = NULL;
	int c, r;

	*o = (struct cli_options){ .compile = { .size = sizeof(o->compile) } };
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":46o:hV", long_options, NULL)) != -1) {
		r = c == '?' || c == ':' ? bad_option(c, argv) : one_option(c, o, &mode);
		if (r >= 0)
			return r;
	}
	r = settle_confirm(o, mode, argv);
	if (r >= 0)
		return r;
	/* --explain SPEC as two words: the first operand is the spec unless packets come otherwise. */
	if (o->mode == MODE_EXPLAIN && !o->spec && !o->npackets && !o->pcap && optind < argc)
		o->spec = argv[optind++];
	if ((o->npackets || o->pcap) && !mode)
		o->mode = MODE_EXPLAIN;
	if (o->mode == MODE_EXPLAIN && !o->spec && !o->npackets && !o->pcap) {
		cli_error(
			"--explain needs packets: a file of them, --packet 'KEYS' or --pcap FILE");
		return IPTC2NFT_USAGE;
	}
	for (; optind < argc; optind++) {
		if (o->nfiles == CLI_FILES_MAX) {
			cli_error("more than %d files", CLI_FILES_MAX);
			return IPTC2NFT_USAGE;
		}
		o->files[o->nfiles++] = argv[optind];
	}
	return cli_check_uses(o, mode);
}
