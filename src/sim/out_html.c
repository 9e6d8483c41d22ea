/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/out_html.h"

#include "sim/describe.h"

static const char style[] =
	"body{margin:2rem auto;max-width:62rem;padding:0 1rem;font:15px/1.45 system-ui,sans-serif;"
	"background:#fff;color:#1d2430}\n"
	"svg{width:100%;height:auto}h2{margin-top:2.5rem}summary{cursor:pointer}\n"
	"pre{overflow-x:auto;font-size:13px;padding:.8rem;border-radius:6px;background:#f4f6fa}\n"
	"table{border-collapse:collapse;font:13px monospace;width:100%}td{padding:.1rem .6rem;vertical-align:top}\n"
	"td.n{width:3.5rem;text-align:right;white-space:nowrap;color:#667085}tr.hit{background:#d9f2e5}\n"
	"@media (prefers-color-scheme:dark){body{background:#14171d;color:#e4e8ef}pre{background:#1f242d}"
	"tr.hit{background:#173a2b}}\n";

void out_html_init(struct out_html *o, struct arena *a, struct buffer *b, bool all)
{
	*o = (struct out_html){ .b = b };
	o->walk = buffer_new(a);
	o->svg = (struct out_svg){ .b = b, .scratch = buffer_new(a), .in_page = true, .name = "" };
	o->text = (struct out_text){ .b = o->walk, .scratch = buffer_new(a), .all = all,
				    .width = 118 };
}

void out_html_start(struct out_html *o)
{
	buffer_lit(o->b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
			 "<meta name=\"viewport\" content=\"width=device-width\">\n"
			 "<title>iptc2nft: the walk of packets</title>\n<style>\n");
	buffer_puts(o->b, style);
	buffer_puts(o->b, out_svg_style);
	buffer_lit(o->b, "</style></head><body>\n<h1>The walk of packets</h1>\n");
}

void out_html_begin(struct out_html *o, const struct sim *s, const struct sim_packet *p, const char *name)
{
	o->walk->len = 0;
	o->text.npackets = 0;
	out_svg_begin(&o->svg, s, p, name);
	out_text_begin(&o->text, s, p, name);
}

void out_html_observe(void *arg, const struct sim *s, const struct sim_packet *p,
		      const struct sim_event *e)
{
	struct out_html *o = arg;

	out_text_observe(&o->text, s, p, e);
	if (s->choices.n) /* another way: told in words */
		return;
	out_svg_observe(&o->svg, s, p, e);
	summary_observe(o->summary[s->ir->family == FAMILY_IPV6], s, p, e);
}

void out_html_walked(struct out_html *o)
{
	buffer_lit(o->b, "<details><summary>The walk in words</summary><pre>");
	out_svg_escaped(o->b, o->walk->data, o->walk->len);
	buffer_lit(o->b, "</pre></details>\n");
	o->walk->len = 0;
}

static void row(struct out_html *o, const struct counters *n, const char *label, uint32_t number)
{
	buffer_puts(o->b, n->packets ? "<tr class=\"hit\"><td class=\"n\">" : "<tr><td class=\"n\">");
	if (n->packets)
		buffer_printf(o->b, "%llu", (unsigned long long)n->packets);
	buffer_lit(o->b, "</td><td class=\"n\">");
	if (number)
		buffer_u64(o->b, number);
	buffer_lit(o->b, "</td><td>");
	out_svg_escaped(o->b, label, strlen(label));
	buffer_lit(o->b, "</td></tr>\n");
}

void out_html_ruleset(struct out_html *o, const struct sim *s)
{
	const struct summary *m = o->summary[s->ir->family == FAMILY_IPV6];
	struct buffer *t = o->svg.scratch;

	buffer_printf(o->b, "<h2>The ruleset, IPv%c</h2>\n<p>Packets that matched, in front of each rule.</p>\n",
		      s->ir->family == FAMILY_IPV6 ? '6' : '4');
	for (const struct ir_chain *c = s->ir->chains; c; c = c->next) {
		const struct ir_chain *at = c;
		uint32_t number = 1;

		if (!c->src)
			continue;
		buffer_printf(o->b, "<h3>%s ", table_names[c->table]);
		out_svg_escaped(o->b, c->src->name, strlen(c->src->name));
		buffer_lit(o->b, "</h3>\n<table>\n");
		for (const struct ir_rule *r = NULL; (r = ir_source_rule(&at, r)); number++) {
			t->len = 0;
			describe_rule(t, s, r->rule);
			row(o, summary_count(m, c, number), buffer_str(t), number);
		}
		row(o, summary_count(m, c, number), !c->hook ? "end of the chain"
						    : c->policy_drop ? "policy DROP" : "policy ACCEPT", 0);
		buffer_lit(o->b, "</table>\n");
	}
}

void out_html_end(struct out_html *o)
{
	buffer_lit(o->b, "</body></html>\n");
}
