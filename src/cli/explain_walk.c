/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_walk: the packets of --explain, one after the other. */
#include "explain.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/rtnetlink.h>
#include "capture.h"
#include "sim/build.h"
#include "sim/conn.h"
#include "sim/follow.h"

#define FLUSH_ABOVE ((size_t)1 << 20)

static unsigned terminal_width(void)
{
	struct winsize w;

	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col >= 40
		       ? w.ws_col
		       : 0;
}

void explain_observe(struct explain *x, struct sim *s)
{
	if (x->o->summary) {
		struct summary **m = &x->summaries[s == &x->sims[1]];

		*m = summary_new(x->arena, s->ir);
		s->observer = summary_observe;
		s->observer_arg = *m;
		return;
	}
	if (x->format == EXPLAIN_TRACE) {
		s->observer = trace_observe;
		s->observer_arg = &x->trace;
		x->trace = (struct trace){ .b = x->out, .hold = !x->o->loopback };
		return;
	}
	s->wants_misses = s->wants_notes = true;
	if (x->format == EXPLAIN_SVG) {
		s->observer = out_svg_observe;
		s->observer_arg = &x->svg;
		x->svg = (struct out_svg){ .b = x->out, .scratch = x->scratch };
		return;
	}
	if (x->format == EXPLAIN_HTML) {
		if (!x->html.b) {
			out_html_init(&x->html, x->arena, x->out, x->o->all);
			out_html_start(&x->html);
		}
		x->html.summary[s == &x->sims[1]] = summary_new(x->arena, s->ir);
		s->observer = out_html_observe;
		s->observer_arg = &x->html;
		return;
	}
	if (x->format == EXPLAIN_JSON) {
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

static void advance(struct explain *x, uint64_t ms)
{
	x->sims[0].now_ms += ms;
	x->sims[1].now_ms += ms;
}

/* Output goes out as it comes, where nothing can go wrong with the whole any more. */
static bool flush(struct explain *x, size_t above)
{
	if (x->out->len <= above || x->o->output || x->format == EXPLAIN_SVG)
		return true;
	if (!cli_write(NULL, x->out->data, x->out->len))
		return false;
	x->out->len = 0;
	return true;
}

static void begin(struct explain *x, const struct sim *s, const struct sim_packet *p, const char *name)
{
	if (s->observer == out_text_observe)
		out_text_begin(&x->text, s, p, name);
	else if (s->observer == out_json_observe)
		out_json_begin(&x->json, s, p, name);
	else if (s->observer == out_svg_observe)
		out_svg_begin(&x->svg, s, p, name);
	else if (s->observer == out_html_observe)
		out_html_begin(&x->html, s, p, name);
}

static void end(void *arg, struct sim *s)
{
	struct explain *x = arg;

	if (s->observer == out_json_observe)
		out_json_end(&x->json);
	else if (s->observer == out_html_observe)
		out_html_walked(&x->html);
}

/* A packet that another one has provoked. */
static void provoked(void *arg, struct sim *s, const struct sim_packet *p, bool answer)
{
	struct explain *x = arg;

	if (s->observer == trace_observe && answer) {
		trace_verdict(&x->trace, s);
		x->trace.answer = s->provoked;
	}
	begin(x, s, p, "");
}

static void walk_packet(struct explain *x, struct sim *s, struct sim_packet *p, uint32_t number,
			const char *name)
{
	const struct follow follow = { .answers = x->o->answers, .arg = x, .begin = provoked, .end = end };
	bool ways = !x->o->summary && (x->format == EXPLAIN_TEXT || x->format == EXPLAIN_JSON ||
				       x->format == EXPLAIN_HTML);
	enum sim_verdict v;

	s->npackets = number;
	s->follow = &follow;
	begin(x, s, p, name);
	v = ways ? branch_walk(s, p, &x->branches[s == &x->sims[1]]) : sim_walk(s, p);
	end(x, s);
	sim_follow(s, p, v, x->o->loopback || x->format == EXPLAIN_TRACE);
	trace_verdict(&x->trace, s);
	x->trace.answer = 0;
	s->follow = NULL;
	if (x->capture && !ways) /* nothing answers it; a million of these are a million connections */
		conn_leave(s, p);
}

static bool walk(struct explain *x, const struct spec_packet *k, uint32_t number, bool answered)
{
	struct sim_packet p;
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
	walk_packet(x, s, &p, number, k->name);
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

static int walk_spec(struct explain *x)
{
	uint32_t n = 0;

	for (const struct spec_item *i = x->spec.items; i; i = i->next) {
		if (i->kind == SPEC_WAIT)
			advance(x, i->wait_ms);
		else if (!walk(x, &i->packet, ++n, reply_follows(i)))
			return IPTC2NFT_INPUT;
	}
	return IPTC2NFT_OK;
}

static void bad_frame(void *arg, uint64_t number, const char *why)
{
	const struct explain *x = arg;

	fprintf(stderr, "%s: frame %llu: warning: %s\n", x->o->pcap, (unsigned long long)number, why);
}

/* A packet of a capture: sent from here when the capture says so or its source is ours. */
static void from_capture(struct explain *x, const struct capture_packet *c, struct sim_packet *p)
{
	struct addr src, dst;

	packet_reset(p);
	packet_set(p, x->arena, c->ip, c->len);
	packet_addrs(p, &src, &dst);
	p->local = c->outgoing || route_addr_type(&x->host, p->family, &src, NULL) == RTN_LOCAL;
	p->in = p->local ? NULL : host_iface_find(&x->host, x->o->in, strlen(x->o->in));
	p->has_socket = p->shows_socket = p->local;
	p->answered = true; /* what was answered is in the capture */
	p->pkttype = c->pkttype;
	p->has_mac = c->has_mac && !p->local;
	memcpy(p->smac, c->smac, 6);
	memcpy(p->dmac, c->dmac, 6);
}

static void progress(uint32_t n)
{
	if (n % 100000 == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%u packets", n);
}

static int walk_capture(struct explain *x)
{
	struct sim_packet p = { .data = NULL };
	struct capture_packet c;
	uint64_t last_us = 0, missed[2] = { 0, 0 };
	const char *why;
	uint32_t n = 0;
	int r;

	while ((r = capture_next(x->capture, &c, bad_frame, x, &why)) == 1) {
		struct sim *s;

		if (!last_us)
			x->sims[0].epoch = x->sims[1].epoch = c.us / 1000000;
		else if (c.us > last_us)
			advance(x, c.us / 1000 - last_us / 1000);
		last_us = c.us > last_us ? c.us : last_us;
		from_capture(x, &c, &p);
		n++;
		s = &x->sims[p.family == FAMILY_IPV6];
		if (!s->ir)
			missed[p.family == FAMILY_IPV6]++;
		else
			walk_packet(x, s, &p, n, "");
		progress(n);
		if (!flush(x, FLUSH_ABOVE))
			return IPTC2NFT_SYSTEM;
	}
	for (unsigned v6 = 0; v6 < 2; v6++)
		if (missed[v6])
			fprintf(stderr, "%s: warning: %llu IPv%c packets, and no ruleset for them\n", x->o->pcap,
				(unsigned long long)missed[v6], v6 ? '6' : '4');
	if (r == 0)
		return IPTC2NFT_OK;
	cli_error("%s: %s", x->o->pcap, why);
	return IPTC2NFT_INPUT;
}

int explain_walk(struct explain *x)
{
	int st = x->capture ? walk_capture(x) : walk_spec(x);

	for (unsigned i = 0; i < 2; i++)
		if (x->summaries[i]) {
			if (x->format == EXPLAIN_JSON)
				summary_json(x->summaries[i], &x->sims[i], x->out);
			else
				summary_text(x->summaries[i], &x->sims[i], x->out);
		}
	if (st != IPTC2NFT_OK && !x->capture)
		return st;
	if (!x->o->summary && x->format == EXPLAIN_SVG)
		out_svg_end(&x->svg, x->svg.npackets);
	if (!x->o->summary && x->format == EXPLAIN_HTML) {
		for (unsigned i = 0; i < 2; i++)
			if (x->sims[i].ir)
				out_html_ruleset(&x->html, &x->sims[i]);
		out_html_end(&x->html);
	}
	return cli_write(x->o->output, x->out->data, x->out->len) ? st : IPTC2NFT_SYSTEM;
}
