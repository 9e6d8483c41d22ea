/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_explain: any bytes as what --explain reads: a capture, when they begin as one; else a ruleset, a
 * line %%, and a packet.spec, through every observer.
 *
 * What must hold is said with abort(): a spec that is wrong has a message, a walk ends with a verdict.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cli/capture.h"
#include "context.h"
#include "iptc2nft/iptc2nft.h"
#include "sim/branch.h"
#include "sim/build.h"
#include "sim/follow.h"
#include "sim/host_set.h"
#include "sim/out_html.h"
#include "sim/out_json.h"
#include "sim/summary.h"
#include "sim/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 1 -j CT --notrack\n"
			    "COMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --tcp-flags SYN SYN "
			    "-m tcpmss ! --mss 500:1500 -j CONNMARK --set-xmark 0x1/0xffffffff\nCOMMIT\n"
			    "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport "
			    "80 -j REDIRECT --to-ports 8080\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
			    "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -m conntrack --ctstate "
			    "RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 22,8080 -j ACCEPT\n"
			    "-A INPUT -m statistic --mode random --probability 0.5 -j REJECT\n-A FORWARD -m length "
			    "--length 100:200 -j REJECT\n-A FORWARD -j ACCEPT\nCOMMIT\n";
static const char host[] = "interface eth0 203.0.113.2/24 2001:db8:f::2/64\ninterface eth1 192.0.2.1/24\n"
			   "route default dev eth0\n";

static void must(bool held)
{
	if (!held)
		abort();
}

struct run {
	struct arena arena, state[2];
	struct diags diags;
	struct host host;
	struct spec spec;
	struct iptc2nft *ctx[2];
	struct sim sims[2];
	struct branches branches[2];
	struct buffer *out, *scratch;
	struct out_text text;
	struct out_json json;
	struct out_html html;
	struct trace trace;
	struct summary *summary[2];
	struct sim_packet last;
	bool any;
	unsigned verdicts;
};

/* Every observer at once. */
static void observe(void *arg, const struct sim *s, const struct sim_packet *p, const struct sim_event *e)
{
	struct run *r = arg;

	out_text_observe(&r->text, s, p, e);
	out_json_observe(&r->json, s, p, e);
	out_html_observe(&r->html, s, p, e);
	trace_observe(&r->trace, s, p, e);
	summary_observe(r->summary[s == &r->sims[1]], s, p, e);
	r->verdicts += e->kind == EVENT_VERDICT;
}

static void begin(void *arg, struct sim *s, const struct sim_packet *p, bool answer)
{
	struct run *r = arg;

	(void)answer;
	r->out->len = 0;
	out_text_begin(&r->text, s, p, "");
	out_json_begin(&r->json, s, p, "");
	out_html_begin(&r->html, s, p, "");
}

static void end(void *arg, struct sim *s)
{
	struct run *r = arg;

	(void)s;
	out_json_end(&r->json);
	out_html_walked(&r->html);
}

static void walk(struct run *r, struct sim_packet *p)
{
	const struct follow f = { .answers = true, .arg = r, .begin = begin, .end = end };
	bool v6 = p->family == FAMILY_IPV6;
	struct sim *s = &r->sims[v6];
	enum sim_verdict v;

	if (!s->ir)
		return;
	s->npackets++;
	s->follow = &f;
	begin(r, s, p, false);
	r->verdicts = 0;
	v = branch_walk(s, p, &r->branches[v6]);
	must(r->verdicts);
	end(r, s);
	sim_follow(s, p, v, true);
	trace_verdict(&r->trace, s);
}

static void add_rules(struct run *r, const char *text, size_t size, enum iptc2nft_family family)
{
	struct iptc2nft_options o = { .size = sizeof(o), .for_explain = true, .family = family };
	struct iptc2nft *ctx = iptc2nft_new(&o);
	bool v6;

	must(ctx);
	iptc2nft_add(ctx, "fuzz", text, size);
	if (iptc2nft_compile(ctx) != IPTC2NFT_OK) {
		must(iptc2nft_diagnostics(ctx));
		iptc2nft_free(ctx);
		return;
	}
	v6 = iptc2nft_family(ctx) == IPTC2NFT_IPV6;
	if (r->ctx[v6]) {
		iptc2nft_free(ctx);
		return;
	}
	r->ctx[v6] = ctx;
	ctx->arena.on_oom = r->arena.on_oom;
	sim_init(&r->sims[v6], &r->state[v6], ctx->ir, &r->host);
	branches_init(&r->branches[v6], &r->arena, ctx->ir);
	r->summary[v6] = summary_new(&r->arena, ctx->ir);
	r->html.summary[v6] = summary_new(&r->arena, ctx->ir);
	r->sims[v6].observer = observe;
	r->sims[v6].observer_arg = r;
	r->sims[v6].wants_misses = r->sims[v6].wants_notes = true;
}

static void read_spec(struct run *r, const char *text, size_t size)
{
	char *copy = arena_bytes(&r->arena, size + 2);
	const struct source *src;

	memcpy(copy, text, size);
	copy[size] = copy[size + 1] = '\0';
	src = diags_source(&r->diags, "spec", copy, size);
	must(src);
	spec_file_parse(&r->spec, src);
}

static void walk_spec(struct run *r)
{
	for (const struct spec_item *i = r->spec.items; i; i = i->next) {
		struct sim_packet p;

		if (i->kind == SPEC_WAIT) {
			r->sims[0].now_ms += i->wait_ms;
			r->sims[1].now_ms += i->wait_ms;
			continue;
		}
		if (i->packet.reply && !r->any)
			continue;
		if (!build_packet(&r->spec, &i->packet, &r->last, &p)) {
			must(r->diags.count);
			continue;
		}
		walk(r, &p);
		r->last = p;
		r->any = true;
	}
}

static void bad_frame(void *arg, uint64_t number, const char *why)
{
	(void)arg;
	must(number && why && *why);
}

static void walk_capture(struct run *r, const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", 0);
	struct sim_packet p = { .data = NULL };
	struct capture_packet c;
	const char *error = NULL;
	struct capture *cap;
	char path[64];

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cap = capture_open(path, &error);
	must(cap || error);
	while (cap && capture_next(cap, &c, bad_frame, NULL, &error) == 1) {
		packet_reset(&p);
		packet_set(&p, &r->arena, c.ip, c.len);
		p.local = c.outgoing;
		p.in = p.local ? NULL : host_iface_find(&r->host, "eth0", 4);
		p.pkttype = c.pkttype;
		walk(r, &p);
	}
	if (cap)
		capture_close(cap);
	close(fd);
}

static bool is_capture(const uint8_t *d, size_t size)
{
	static const uint8_t magic[][4] = { { 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xc3, 0xd4 },
					    { 0x4d, 0x3c, 0xb2, 0xa1 }, { 0x0a, 0x0d, 0x0d, 0x0a } };

	for (unsigned i = 0; i < 4 && size > 4; i++)
		if (!memcmp(d, magic[i], 4))
			return true;
	return false;
}

static void run(struct run *r, const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *line = memmem(text, size, "\n%%\n", 4);
	bool capture = is_capture(data, size);
	size_t n = capture ? 0 : line ? (size_t)(line + 1 - text) : 0;
	struct buffer *sets;

	r->out = buffer_new(&r->arena);
	r->scratch = buffer_new(&r->arena);
	r->text = (struct out_text){ .b = r->out, .scratch = r->scratch, .all = size & 1, .width = size & 2 ? 60 : 0 };
	r->json = (struct out_json){ .b = r->out, .scratch = r->scratch };
	r->trace = (struct trace){ .b = r->out };
	out_html_init(&r->html, &r->arena, r->out, true);
	host_init(&r->host, &r->arena);
	spec_file_init(&r->spec, &r->arena, &r->diags, &r->host);
	if (capture)
		read_spec(r, host, strlen(host));
	else
		read_spec(r, line ? line + 4 : text, line ? size - n - 3 : size);
	host_finish(&r->host);
	sets = buffer_new(&r->arena);
	host_sets_text(&r->host, &r->diags, sets);
	if (n) {
		add_rules(r, text, n, IPTC2NFT_DETECT);
	} else {
		add_rules(r, rules, strlen(rules), IPTC2NFT_IPV4);
		add_rules(r, rules, strlen(rules), IPTC2NFT_IPV6);
	}
	if (capture)
		walk_capture(r, data, size);
	else
		walk_spec(r);
	diags_sort(&r->diags);
	for (const struct diag *d = r->diags.first; d; d = d->next)
		diag_render(&r->diags, d, size & 4, r->scratch);
	for (unsigned i = 0; i < 2; i++)
		if (r->sims[i].ir) {
			summary_text(r->summary[i], &r->sims[i], r->out);
			summary_json(r->summary[i], &r->sims[i], r->out);
			out_html_ruleset(&r->html, &r->sims[i]);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = calloc(1, sizeof(*r));
	jmp_buf oom;

	must(r);
	arena_init(&r->arena);
	arena_init(&r->state[0]);
	arena_init(&r->state[1]);
	r->arena.on_oom = r->state[0].on_oom = r->state[1].on_oom = &oom;
	diags_init(&r->diags, &r->arena);
	if (size <= 1 << 16 && !setjmp(oom))
		run(r, data, size);
	iptc2nft_free(r->ctx[0]);
	iptc2nft_free(r->ctx[1]);
	arena_free(&r->state[0]);
	arena_free(&r->state[1]);
	arena_free(&r->arena);
	free(r);
	return 0;
}
