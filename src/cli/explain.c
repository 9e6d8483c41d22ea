/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: --explain: rulesets, host and packets in, walks out. */
#include "explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "capture.h"
#include "sim/host_set.h"

/* A file as a source of our own diagnostics. */
static const struct source *read_source(struct explain *x, const char *path)
{
	struct cli_file f;
	struct source *s;
	char *copy;

	if (!cli_read(path, &f))
		return NULL;
	copy = arena_bytes(x->arena, f.len + 2);
	memcpy(copy, f.text, f.len);
	copy[f.len] = copy[f.len + 1] = '\0';
	free(f.text);
	s = diags_source(&x->diags, arena_strdup(x->arena, f.name), copy, f.len);
	if (!s)
		cli_error("%s: the inputs together are larger than %zu bytes", path, DIAG_POS_MAX);
	return s;
}

static void report(struct explain *x)
{
	struct buffer *b = buffer_new(x->arena);

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
	b = buffer_new(x->arena);
	host_sets_text(&x->host, &x->diags, b);
	x->ipset = buffer_str(b);
	return diags_status(&x->diags);
}

static int open_capture(struct explain *x)
{
	const struct cli_options *o = x->o;
	const char *error;

	if (!o->pcap)
		return IPTC2NFT_OK;
	if (!o->in || !host_iface_find(&x->host, o->in, strlen(o->in))) {
		cli_error(o->in ? "--in: the host has no interface '%s'" : "--pcap needs --in%s",
			  o->in ? o->in : ", the interface of the capture");
		return IPTC2NFT_USAGE;
	}
	x->capture = capture_open(o->pcap, &error);
	if (x->capture)
		return IPTC2NFT_OK;
	cli_error("%s: %s", o->pcap, error);
	return IPTC2NFT_INPUT;
}

/* The host, then the packets of SPEC and of --packet. */
static int read_specs(struct explain *x)
{
	const struct cli_options *o = x->o;
	const struct source *s;

	spec_file_init(&x->spec, x->arena, &x->diags, &x->host);
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
		const char *name = arena_printf(x->arena, "--packet %u", i + 1);

		s = diags_source(&x->diags, name, o->packets[i], strlen(o->packets[i]));
		if (s)
			spec_parse_packet(&x->spec, s);
	}
	host_finish(&x->host);
	return read_sets(x);
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
	st = cli_compile(&o, x->arena, &ctx);
	if (st != IPTC2NFT_OK)
		return st;
	v6 = iptc2nft_family(ctx) == IPTC2NFT_IPV6;
	if (x->rules[v6]) {
		cli_error("%s: a second ruleset for IPv%c", file, v6 ? '6' : '4');
		return IPTC2NFT_USAGE;
	}
	x->rules[v6] = ctx;
	ctx->arena.on_oom = x->arena->on_oom; /* lines of the input are looked up later */
	sim_init(&x->sims[v6], &x->states[v6], ctx->ir, &x->host);
	branches_init(&x->branches[v6], x->arena, ctx->ir);
	explain_observe(x, &x->sims[v6]);
	return IPTC2NFT_OK;
}

static int compile_all(struct explain *x)
{
	int st = IPTC2NFT_OK;

	for (unsigned i = 0; i < x->o->nfiles && st == IPTC2NFT_OK; i++)
		st = compile(x, x->o->files[i]);
	return x->o->nfiles ? st : compile(x, "-");
}

static int run(struct explain *x)
{
	int st;

	if (x->o->summary && x->format != EXPLAIN_TEXT && x->format != EXPLAIN_JSON) {
		cli_error("--summary has --format=text and json");
		return IPTC2NFT_USAGE;
	}
	if (x->o->pcap && (x->o->spec || x->o->npackets)) {
		cli_error("--pcap and packets of one's own exclude each other");
		return IPTC2NFT_USAGE;
	}

	x->out = buffer_new(x->arena);
	x->scratch = buffer_new(x->arena);
	host_init(&x->host, x->arena);
	st = read_specs(x);
	if (st == IPTC2NFT_OK)
		st = open_capture(x);
	if (st == IPTC2NFT_OK)
		st = compile_all(x);
	if (st == IPTC2NFT_OK)
		st = explain_walk(x);
	report(x);
	return st;
}

static enum explain_format format_of(const char *name)
{
	static const char *const names[] = { "text", "json", "trace", "svg", "html" };
	unsigned f = 0;

	while (name && f < EXPLAIN_HTML && strcmp(names[f], name) != 0)
		f++;
	return (enum explain_format)f;
}

static void end(void *explain)
{
	struct explain *x = explain;

	if (x->capture)
		capture_close(x->capture);
	arena_free(&x->states[0]);
	arena_free(&x->states[1]);
}

int cli_explain(const struct cli_options *o, struct arena *a)
{
	struct explain *x = ARENA_NEW(a, struct explain);

	x->o = o;
	x->format = format_of(o->format);
	x->arena = a;
	diags_init(&x->diags, a);
	for (unsigned i = 0; i < 2; i++) {
		arena_init(&x->states[i]);
		x->states[i].on_oom = a->on_oom;
	}
	arena_defer(a, end, x);
	return run(x);
}
