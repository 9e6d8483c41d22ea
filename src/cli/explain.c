/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: --explain: rulesets, host and packets in, walks out. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "context.h"
#include "spec_file.h"
#include "sim/build.h"
#include "sim/follow.h"
#include "sim/hooks_table.h"
#include "sim/host_set.h"
#include "sim/out_json.h"
#include "sim/out_text.h"
#include "sim/sim.h"
#include "sim/trace.h"

struct explain {
	const struct cli_options *o;
	struct arena arena;
	struct diags diags;
	struct host host;
	struct spec spec;
	struct iptc2nft *rules[2]; /* IPv4, IPv6; NULL: not given */
	struct sim sims[2];
	struct buffer *out;
	struct out_text text;
	struct out_json json;
	struct buffer *scratch;
	const char *ipset; /* the host's sets, or NULL */
	struct sim_packet last; /* as it ended; for `packet reply` */
	bool any;
};

/* A file as a source of our own diagnostics. */
static const struct source *read_source(struct explain *x, const char *path)
{
	struct cli_file f;
	struct source *s;
	char *copy;

	if (!cli_read(path, &f))
		return NULL;
	copy = arena_bytes(&x->arena, f.len + 2);
	memcpy(copy, f.text, f.len);
	copy[f.len] = copy[f.len + 1] = '\0';
	free(f.text);
	s = diags_source(&x->diags, arena_strdup(&x->arena, f.name), copy, f.len);
	if (!s)
		cli_error("%s: the inputs together are larger than %zu bytes", path, DIAG_POS_MAX);
	return s;
}

static void report(struct explain *x)
{
	struct buffer *b = buffer_new(&x->arena);

	if (!x->diags.count)
		return;
	diags_sort(&x->diags);
	for (const struct diag *d = x->diags.first; d; d = d->next)
		diag_render(&x->diags, d, cli_color(STDERR_FILENO), b);
	fwrite(b->data, 1, b->len, stderr);
}

static int read_sets(struct explain *x)
{
	struct buffer *b;

	if (!x->host.sets)
		return diags_status(&x->diags);
	if (x->o->ipset_file) {
		diag_error(&x->diags, x->host.sets->at, "--ipset says what the sets hold");
		return IPTC2NFT_INPUT;
	}
	b = buffer_new(&x->arena);
	host_sets_text(&x->host, &x->diags, b);
	x->ipset = buffer_str(b);
	return diags_status(&x->diags);
}

/* The host, then the packets of SPEC and of --packet. */
static int read_specs(struct explain *x)
{
	const struct cli_options *o = x->o;
	const struct source *s;

	spec_file_init(&x->spec, &x->arena, &x->diags, &x->host);
	if (o->host) {
		s = read_source(x, o->host);
		if (!s)
			return IPTC2NFT_SYSTEM;
		x->spec.host_only = true;
		spec_file_parse(&x->spec, s);
		x->spec.host_only = false;
	}
	if (o->spec) {
		s = read_source(x, o->spec);
		if (!s)
			return IPTC2NFT_SYSTEM;
		spec_file_parse(&x->spec, s);
	}
	for (unsigned i = 0; i < o->npackets; i++) {
		const char *name = arena_printf(&x->arena, "--packet %u", i + 1);

		s = diags_source(&x->diags, name, o->packets[i], strlen(o->packets[i]));
		if (s)
			spec_parse_packet(&x->spec, s);
	}
	host_finish(&x->host);
	return read_sets(x);
}

static unsigned terminal_width(void)
{
	struct winsize w;

	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col >= 40
		       ? w.ws_col
		       : 0;
}

static void choose_output(struct explain *x, struct sim *s)
{
	if (x->o->format && !strcmp(x->o->format, "trace")) {
		s->observer = trace_observe;
		s->observer_arg = x->out;
		return;
	}
	s->wants_misses = true;
	if (x->o->format && !strcmp(x->o->format, "json")) {
		s->observer = out_json_observe;
		s->observer_arg = &x->json;
		x->json = (struct out_json){ .b = x->out, .scratch = x->scratch };
		return;
	}
	s->observer = out_text_observe;
	s->observer_arg = &x->text;
	x->text = (struct out_text){ .b = x->out, .scratch = x->scratch, .all = x->o->all };
	if (!x->o->output) {
		x->text.color = cli_color(STDOUT_FILENO);
		x->text.width = terminal_width();
	}
}

/* The family of all packets, where they are of one: the ruleset's, when that does not say. */
static enum iptc2nft_family packets_family(const struct spec *s)
{
	unsigned seen = 0;

	for (const struct spec_item *i = s->items; i; i = i->next)
		if (i->kind == SPEC_PACKET && i->packet.raw.len)
			seen |= i->packet.raw.data[0] >> 4 == 6 ? FAMILY_IPV6 : FAMILY_IPV4;
		else if (i->kind == SPEC_PACKET)
			seen |= i->packet.family;
	return seen == FAMILY_IPV6 ? IPTC2NFT_IPV6 : IPTC2NFT_DETECT;
}

static int compile(struct explain *x, const char *file)
{
	struct cli_options o = *x->o;
	struct iptc2nft *ctx;
	unsigned v6;
	int st;

	o.compile.for_explain = true;
	o.compile.counters = IPTC2NFT_COUNTERS_ZERO;
	o.compile.family_hint = packets_family(&x->spec);
	o.compile.ipset = x->ipset;
	o.nfiles = 1;
	o.files[0] = file;
	st = cli_compile(&o, &ctx);
	if (st != IPTC2NFT_OK) {
		iptc2nft_free(ctx);
		return st;
	}
	v6 = iptc2nft_family(ctx) == IPTC2NFT_IPV6;
	if (x->rules[v6]) {
		cli_error("%s: a second ruleset for IPv%c", file, v6 ? '6' : '4');
		iptc2nft_free(ctx);
		return IPTC2NFT_USAGE;
	}
	x->rules[v6] = ctx;
	sim_init(&x->sims[v6], &x->arena, ctx->ir, &x->host);
	choose_output(x, &x->sims[v6]);
	return IPTC2NFT_OK;
}

static int compile_all(struct explain *x)
{
	int st = IPTC2NFT_OK;

	for (unsigned i = 0; i < x->o->nfiles && st == IPTC2NFT_OK; i++)
		st = compile(x, x->o->files[i]);
	return x->o->nfiles ? st : compile(x, "-");
}

static void advance(struct explain *x, uint64_t ms)
{
	x->sims[0].now_ms += ms;
	x->sims[1].now_ms += ms;
}

static bool walk(struct explain *x, const struct spec_packet *k, uint32_t number, bool answered)
{
	struct sim_packet p;
	enum sim_verdict v;
	struct sim *s;

	if (k->reply && !x->any) {
		diag_error(&x->diags, k->at, "there is no packet before it to reply to");
		return false;
	}
	if (!build_packet(&x->spec, k, &x->last, &p))
		return false;
	s = &x->sims[p.family == FAMILY_IPV6];
	if (!s->ir) {
		diag_error(&x->diags, k->at, "no ruleset is given for IPv%c",
			   p.family == FAMILY_IPV6 ? '6' : '4');
		return false;
	}
	p.answered = answered;
	s->npackets = number;
	if (s->observer == out_text_observe)
		out_text_begin(&x->text, s, &p, k->name);
	else if (s->observer == out_json_observe)
		out_json_begin(&x->json, s, &p, k->name);
	v = sim_walk(s, &p);
	sim_follow(s, &p, v, x->o->loopback);
	x->last = p;
	x->any = true;
	return true;
}

/* Is the next packet the answer to this one? */
static bool reply_follows(const struct spec_item *i)
{
	for (i = i->next; i && i->kind != SPEC_PACKET; i = i->next)
		;
	return i && i->packet.reply;
}

static int walk_all(struct explain *x)
{
	uint32_t n = 0;

	for (const struct spec_item *i = x->spec.items; i; i = i->next) {
		if (i->kind == SPEC_WAIT)
			advance(x, i->wait_ms);
		else if (!walk(x, &i->packet, ++n, reply_follows(i)))
			return IPTC2NFT_INPUT;
	}
	return cli_write(x->o->output, x->out->data, x->out->len) ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}

static int run(struct explain *x)
{
	int st;

	x->out = buffer_new(&x->arena);
	x->scratch = buffer_new(&x->arena);
	host_init(&x->host, &x->arena);
	st = read_specs(x);
	if (st == IPTC2NFT_OK)
		st = compile_all(x);
	if (st == IPTC2NFT_OK)
		st = walk_all(x);
	report(x);
	return st;
}

int cli_explain(const struct cli_options *o)
{
	struct explain *x = calloc(1, sizeof(*x));
	jmp_buf oom;
	volatile int st = IPTC2NFT_SYSTEM;

	if (!x) {
		cli_error("out of memory");
		return st;
	}
	x->o = o;
	arena_init(&x->arena);
	diags_init(&x->diags, &x->arena);
	x->arena.on_oom = &oom;
	if (setjmp(oom))
		cli_error("out of memory");
	else
		st = run(x);
	iptc2nft_free(x->rules[0]);
	iptc2nft_free(x->rules[1]);
	arena_free(&x->arena);
	free(x);
	return st;
}

int cli_hooks(const struct cli_options *o)
{
	struct arena a;
	jmp_buf oom;
	volatile int st = IPTC2NFT_SYSTEM;

	arena_init(&a);
	a.on_oom = &oom;
	if (setjmp(oom)) {
		cli_error("out of memory");
	} else {
		struct buffer *b = buffer_new(&a);

		if (o->format && !strcmp(o->format, "json"))
			hooks_table_json(b);
		else
			hooks_table_text(b);
		if (cli_write(o->output, b->data, b->len))
			st = IPTC2NFT_OK;
	}
	arena_free(&a);
	return st;
}
