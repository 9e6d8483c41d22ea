/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "context.h"
#include "ext.h"
#include "ext_help.h"

void cli_diagnose(struct iptc2nft *ctx)
{
	if (iptc2nft_diagnostics(ctx))
		fputs(iptc2nft_render(ctx, cli_color(STDERR_FILENO)), stderr);
}

static enum iptc2nft_status add_file(struct iptc2nft *ctx, const char *path)
{
	struct cli_file f;

	if (!cli_read(path, &f))
		return IPTC2NFT_SYSTEM;
	return context_add(ctx, f.name, f.text, f.len);
}

static void forget(void *ctx)
{
	iptc2nft_free(ctx);
}

enum iptc2nft_status cli_compile(const struct cli_options *o, struct arena *a, struct iptc2nft **out)
{
	struct iptc2nft_options opts = o->compile;
	struct cli_file ipset = { 0 }, types = { 0 };
	enum iptc2nft_status st = IPTC2NFT_OK;

	*out = NULL;
	if ((o->ipset_file && !cli_read(o->ipset_file, &ipset)) ||
	    (o->ipset_types_file && !cli_read(o->ipset_types_file, &types))) {
		free(ipset.text);
		return IPTC2NFT_SYSTEM;
	}
	if (o->ipset_file)
		opts.ipset = ipset.text;
	opts.ipset_types = types.text;
	*out = iptc2nft_new(&opts);
	if (*out) {
		arena_defer(a, forget, *out);
	} else {
		cli_error("out of memory");
		st = IPTC2NFT_SYSTEM;
	}
	for (unsigned i = 0; st == IPTC2NFT_OK && i < o->nfiles; i++)
		st = add_file(*out, o->files[i]);
	if (st == IPTC2NFT_OK && !o->nfiles)
		st = add_file(*out, "-");
	if (st == IPTC2NFT_OK)
		st = iptc2nft_compile(*out);
	if (*out)
		cli_diagnose(*out);
	free(ipset.text);
	free(types.text);
	return st;
}

static int emit(const struct cli_options *o, struct iptc2nft *ctx)
{
	static const char *const names[] = { "nft", "json", "netlink", "bytecode" };
	const char *name = o->format ? o->format : "nft";
	size_t before = iptc2nft_diagnostics(ctx), len;
	const void *out;
	unsigned f = 0;

	while (f < 4 && strcmp(names[f], name))
		f++;

	enum iptc2nft_status st = iptc2nft_emit(ctx, (enum iptc2nft_format)f, &out, &len);

	if (st == IPTC2NFT_OK && !cli_write(o->output, out, len))
		return IPTC2NFT_SYSTEM;
	if (iptc2nft_diagnostics(ctx) != before)
		cli_diagnose(ctx);
	return st;
}

static int report(const struct cli_options *o, struct arena *a)
{
	struct iptc2nft *ctx;
	enum iptc2nft_status st = cli_compile(o, a, &ctx), made;
	size_t before, len;
	const char *out;

	if (st != IPTC2NFT_OK && st != IPTC2NFT_UNSUPPORTED)
		return st;
	before = iptc2nft_diagnostics(ctx);
	made = iptc2nft_report(ctx, o->format && !strcmp(o->format, "json"), &out, &len);
	if (made == IPTC2NFT_OK && !cli_write(o->output, out, len))
		made = IPTC2NFT_SYSTEM;
	if (iptc2nft_diagnostics(ctx) != before)
		cli_diagnose(ctx);
	return made == IPTC2NFT_OK ? st : made;
}

static int translate(const struct cli_options *o, struct arena *a)
{
	struct iptc2nft *ctx;
	int st = cli_compile(o, a, &ctx);

	if (st == IPTC2NFT_OK && o->mode == MODE_TRANSLATE) {
		st = emit(o, ctx);
	} else if (st == IPTC2NFT_OK) {
		size_t before = iptc2nft_diagnostics(ctx);

		st = iptc2nft_apply(ctx, true);
		if (iptc2nft_diagnostics(ctx) != before)
			cli_diagnose(ctx);
	}
	return st;
}

static void no_extension(const char *name)
{
	const char *names[512], *near;
	size_t n = 0;

	for (; n < ext_list_count && n < 512; n++)
		names[n] = ext_list[n]->name;
	near = diag_nearest(name, strlen(name), names, n);
	cli_error("no match or target is called '%s'%s%s%s", name, near ? ": did you mean " : "",
		  near ? near : " (--extensions lists them)", near ? "?" : "");
}

static int extensions(const struct cli_options *o, struct arena *a)
{
	struct buffer *b = buffer_new(a);
	int st = IPTC2NFT_OK;

	if (o->mode == MODE_LIST_EXTENSIONS && !o->extension) {
		ext_help_list(b);
	} else if (o->mode == MODE_LIST_EXTENSIONS && !strcmp(o->extension, "man")) {
		ext_help_man(b);
	} else if (o->mode == MODE_LIST_EXTENSIONS) {
		cli_error("--extensions: '%s' is not man", o->extension);
		st = IPTC2NFT_USAGE;
	} else if (!ext_help(o->extension, b)) {
		no_extension(o->extension);
		st = IPTC2NFT_USAGE;
	}
	if (st == IPTC2NFT_OK && !cli_write(o->output, b->data, b->len))
		st = IPTC2NFT_SYSTEM;
	return st;
}

/* Says which there are where there is no such. */
static bool format_known(const struct cli_options *o)
{
	static const char *const translate_formats[] = { "nft", "json", "netlink", "bytecode", NULL };
	static const char *const report_formats[] = { "text", "json", NULL };
	static const char *const explain_formats[] = { "text", "json", "trace", "svg", "html", NULL };
	const char *const *f = o->mode == MODE_REPORT || o->mode == MODE_HOOKS || o->mode == MODE_AUDIT ||
					       o->mode == MODE_VERIFY
				       ? report_formats
			       : o->mode == MODE_EXPLAIN ? explain_formats
							 : translate_formats;

	if (!o->format)
		return true;
	if (o->mode != MODE_REPORT && o->mode != MODE_TRANSLATE && o->mode != MODE_EXPLAIN &&
	    o->mode != MODE_HOOKS && o->mode != MODE_AUDIT && o->mode != MODE_VERIFY) {
		cli_error("--format is for what is printed: nothing is here");
		return false;
	}
	for (unsigned i = 0; f[i]; i++)
		if (!strcmp(f[i], o->format))
			return true;
	cli_error("--format: '%s' is not one of %s", o->format,
		  f == report_formats	 ? "text, json"
		  : f == explain_formats ? "text, json, trace, svg, html"
					 : "nft, json, netlink, bytecode");
	return false;
}

static cli_command *command_of(const struct cli_options *o)
{
	switch (o->mode) {
	case MODE_REPORT: return report;
	case MODE_HELP_EXTENSION:
	case MODE_LIST_EXTENSIONS: return extensions;
	case MODE_TRANSLATE:
	case MODE_CHECK: return translate;
	case MODE_APPLY: return o->confirm_seconds ? cli_apply_confirm : cli_apply;
	case MODE_EXPLAIN: return cli_explain;
	case MODE_HOOKS: return cli_hooks;
	case MODE_CHECK_SANDBOX: return cli_check_sandbox;
	case MODE_CONFIRM:
	case MODE_ROLLBACK: return cli_decide;
	case MODE_HANDOVER: return cli_handover;
	case MODE_HANDBACK: return cli_handback;
	case MODE_VERIFY: return cli_verify;
	case MODE_AUDIT: break;
	}
	return cli_audit;
}

static int carry_out(const struct cli_options *o)
{
	struct arena a;
	jmp_buf oom;
	volatile int st = IPTC2NFT_SYSTEM;

	arena_init(&a);
	a.on_oom = &oom;
	if (setjmp(oom))
		cli_error("out of memory");
	else
		st = command_of(o)(o, &a);
	arena_free(&a);
	return st;
}

/* Those of iptables are where root's programs are, which cron and su leave out. */
static void find_system_programs(void)
{
	static const char system[] = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin";
	const char *path = getenv("PATH");
	char *all = NULL;

	if (asprintf(&all, "%s%s%s", path ? path : "", path && *path ? ":" : "", system) > 0)
		setenv("PATH", all, 1);
	free(all);
}

int main(int argc, char **argv)
{
	struct cli_options o;
	int st = cli_parse(argc, argv, &o);

	if (st >= 0)
		return st;
	if (!format_known(&o))
		return IPTC2NFT_USAGE;
	find_system_programs();
	return carry_out(&o);
}
