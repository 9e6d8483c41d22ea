/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out_svg: the packet-flow picture, with a packet's way through it and where it ended.
 *
 * One picture a packet, below each other. Colours follow what the reader's screen prefers, light or
 * dark. The boxes stand where the usual drawings of netfilter have them: the host above, forwarding
 * below.
 */
#include "sim/out_svg.h"

#include <stdio.h>
#include "sim/describe.h"

enum { ROW = 18, HEAD = 26, ROWS_MAX = 6, NO_TABLE = -1 };

/* A row is a table, or connection tracking. */
static const struct box {
	int x, y, rows;
	int table[ROWS_MAX];
} boxes[HOOK_COUNT] = {
	[HOOK_PREROUTING] = { 100, 240, 4, { TABLE_RAW, NO_TABLE, TABLE_MANGLE, TABLE_NAT } },
	[HOOK_INPUT] = { 275, 70, 4, { TABLE_MANGLE, TABLE_FILTER, TABLE_SECURITY, TABLE_NAT } },
	[HOOK_FORWARD] = { 440, 240, 3, { TABLE_MANGLE, TABLE_FILTER, TABLE_SECURITY } },
	[HOOK_OUTPUT] = { 640, 70, 6,
			  { TABLE_RAW, NO_TABLE, TABLE_MANGLE, TABLE_NAT, TABLE_FILTER, TABLE_SECURITY } },
	[HOOK_POSTROUTING] = { 640, 250, 2, { TABLE_MANGLE, TABLE_NAT } },
};
#define BOX_WIDTH 130

static const struct {
	int x1, y1, x2, y2;
} edges[EDGES] = {
	[EDGE_IN] = { 62, 285, 94, 285 },	 [EDGE_PRE_ROUTE] = { 230, 285, 279, 285 },
	[EDGE_ROUTE_IN] = { 340, 267, 340, 181 }, [EDGE_IN_HOST] = { 405, 118, 464, 118 },
	[EDGE_HOST_OUT] = { 580, 118, 634, 118 }, [EDGE_OUT_POST] = { 705, 210, 705, 243 },
	[EDGE_ROUTE_FWD] = { 395, 285, 434, 285 }, [EDGE_FWD_POST] = { 570, 280, 634, 280 },
	[EDGE_POST] = { 770, 280, 826, 280 },
};

const char out_svg_style[] =
	".pf{--bg:#fff;--fg:#1d2430;--dim:#98a1b0;--box:#f4f6fa;--go:#0a7d4b;--go2:#d9f2e5;--no:#c0262d;--no2:#fbe0e1}\n"
	"@media (prefers-color-scheme:dark){.pf{--bg:#14171d;--fg:#e4e8ef;--dim:#667085;--box:#1f242d;"
	"--go:#4cd295;--go2:#173a2b;--no:#ff7b80;--no2:#4a1d20}}\n"
	".pf text{font:13px system-ui,sans-serif;fill:var(--fg)}.pf .b{fill:var(--box);stroke:var(--dim)}\n"
	".pf .h{stroke:var(--go);stroke-width:2}.pf .t{font-weight:600}.pf .d{fill:var(--dim)}.pf .s{font-size:12px}\n"
	".pf .r1{fill:var(--go2)}.pf .r2{fill:var(--no2)}.pf .e{stroke:var(--dim);stroke-width:1.5;fill:none}\n"
	".pf .g{stroke:var(--go);stroke-width:3;fill:none}.pf .ad{fill:var(--dim)}.pf .ag{fill:var(--go)}\n"
	".pf .ok{fill:var(--go);font-weight:600}.pf .no{fill:var(--no);font-weight:600}.pf .m{font-family:monospace}\n";

void out_svg_escaped(struct buffer *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '&')
			buffer_lit(b, "&amp;");
		else if (c == '<')
			buffer_lit(b, "&lt;");
		else if (c == '>')
			buffer_lit(b, "&gt;");
		else if (c == '"')
			buffer_lit(b, "&quot;");
		else if ((c < 0x20 && c != '\n') || c >= 0x7f)
			buffer_printf(b, "\\x%02x", c); /* may be no UTF-8, which XML must be */
		else
			buffer_char(b, s[i]);
	}
}

static void text(struct out_svg *o, int x, int y, const char *class, const char *anchor, const char *s,
		 size_t len)
{
	buffer_printf(o->b, "<text x=\"%d\" y=\"%d\" class=\"%s\" text-anchor=\"%s\">", x, y, class, anchor);
	out_svg_escaped(o->b, s, len);
	buffer_lit(o->b, "</text>\n");
}

static void words(struct out_svg *o, int x, int y, const char *class, const char *anchor, const char *s)
{
	text(o, x, y, class, anchor, s, strlen(s));
}

static void rect(struct out_svg *o, int x, int y, int w, int h, const char *class)
{
	buffer_printf(o->b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\" class=\"%s\"/>\n", x, y,
		      w, h, class);
}

static void draw_hook(struct out_svg *o, const struct sim *s, enum hook_id h)
{
	const struct box *x = &boxes[h];

	rect(o, x->x, x->y, BOX_WIDTH, HEAD + x->rows * ROW + 6, o->hook[h] ? "b h" : "b");
	words(o, x->x + BOX_WIDTH / 2, x->y + 18, o->hook[h] ? "t" : "t d", "middle", hook_names[h]);
	for (int r = 0; r < x->rows; r++) {
		int y = x->y + HEAD + r * ROW;
		bool there = x->table[r] == NO_TABLE ? s->ct_on : s->ir->rs->tables[x->table[r]].present;

		if (o->step[h][r])
			rect(o, x->x + 4, y, BOX_WIDTH - 8, ROW - 2, o->step[h][r] == 2 ? "r2" : "r1");
		words(o, x->x + 12, y + 13, !there ? "s d" : "s", "start",
		      x->table[r] != NO_TABLE	    ? table_names[x->table[r]]
		      : o->step[h][r] && o->ct ? o->ct
						    : "conntrack");
	}
}

static void draw_edge(struct out_svg *o, enum svg_edge e)
{
	int x = edges[e].x2, y = edges[e].y2, dx = edges[e].x2 != edges[e].x1, up = edges[e].y2 < edges[e].y1;
	const char *arrow = o->edge[e] ? "ag" : "ad";

	buffer_printf(o->b, "<path d=\"M%d %dL%d %d\" class=\"%s\"/>", edges[e].x1, edges[e].y1, x, y,
		      o->edge[e] ? "g" : "e");
	if (dx)
		buffer_printf(o->b, "<path d=\"M%d %dl-9 -5v10z\" class=\"%s\"/>\n", x + 5, y, arrow);
	else
		buffer_printf(o->b, "<path d=\"M%d %dl-5 %dh10z\" class=\"%s\"/>\n", x, up ? y - 5 : y + 5,
			      up ? 9 : -9, arrow);
}

static void draw_verdict(struct out_svg *o, const struct sim *s, const struct sim_packet *p,
			 enum sim_verdict v)
{
	bool good = v == SIM_DELIVERED || v == SIM_FORWARDED || v == SIM_SENT;
	struct buffer *t = o->scratch;

	t->len = 0;
	buffer_printf(t, "%s ", sim_verdict_names[v]);
	if (!describe_decision(t, s, v)) {
		buffer_lit(t, "as ");
		describe_packet(t, p);
	}
	text(o, 20, 368, good ? "ok" : "no", "start", t->data, t->len < 130 ? t->len : 130);
	t->len = 0;
	if (!s->why && s->last.kind == EVENT_RULE && !good)
		describe_rule(t, s, s->last.rule);
	else if (o->nnat)
		buffer_puts(t, o->nat[0]);
	text(o, 20, 388, "s m", "start", t->data, t->len < 120 ? t->len : 120);
}

static void draw(struct out_svg *o, const struct sim *s, const struct sim_packet *p, enum sim_verdict v)
{
	char title[220], number[24];

	if (s->provoked)
		snprintf(number, sizeof(number), "%u.%u", s->npackets, s->provoked);
	else
		snprintf(number, sizeof(number), "%u", s->npackets);
	snprintf(title, sizeof(title), "packet %s%s%s%s  %s", number, *o->name ? " \"" : "", o->name,
		 *o->name ? "\"" : "", o->came);
	words(o, 20, 26, "t", "start", title);
	for (unsigned e = 0; e < EDGES; e++)
		draw_edge(o, (enum svg_edge)e);
	for (unsigned h = 0; h < HOOK_COUNT; h++)
		draw_hook(o, s, (enum hook_id)h);
	rect(o, 285, 267, 110, 36, o->routing ? "b h" : "b");
	words(o, 340, 290, o->routing ? "" : "d", "middle", "routing");
	rect(o, 470, 100, 110, 36, o->host ? "b h" : "b");
	words(o, 525, 123, o->host ? "" : "d", "middle", "this host");
	words(o, 20, 281, o->edge[EDGE_IN] ? "" : "d", "start", p->in ? p->in->name : "in");
	words(o, 20, 300, "s d", "start", "tcpdump");
	words(o, 836, 284, o->edge[EDGE_POST] ? "" : "d", "start", p->out ? p->out->name : "out");
	words(o, 836, 303, "s d", "start", "tcpdump");
	if (*o->route)
		words(o, 262, 345, "s", "start", o->route);
	draw_verdict(o, s, p, v);
}

static void pass(struct out_svg *o, enum hook_id h, int table)
{
	for (int r = 0; r < boxes[h].rows; r++)
		if (boxes[h].table[r] == table) {
			o->step[h][r] = 1;
			o->at_hook = (int)h;
			o->at_row = r;
		}
}

static void enter(struct out_svg *o, enum hook_id h)
{
	o->hook[h] = true;
	switch (h) {
	case HOOK_PREROUTING: o->edge[EDGE_IN] = true; break;
	case HOOK_INPUT: o->edge[EDGE_ROUTE_IN] = true; break;
	case HOOK_FORWARD: o->edge[EDGE_ROUTE_FWD] = true; break;
	case HOOK_OUTPUT: o->edge[EDGE_HOST_OUT] = true; break;
	case HOOK_POSTROUTING: o->edge[o->local ? EDGE_OUT_POST : EDGE_FWD_POST] = true; break;
	case HOOK_COUNT: break;
	}
}

static void finish(struct out_svg *o, const struct sim *s, const struct sim_packet *p,
		   enum sim_verdict v)
{
	if (v == SIM_DELIVERED)
		o->host = o->edge[EDGE_IN_HOST] = true;
	else if (v == SIM_FORWARDED || v == SIM_SENT)
		o->edge[EDGE_POST] = true;
	else if (o->at_hook >= 0 && !s->why)
		o->step[o->at_hook][o->at_row] = 2;
	if (o->in_page)
		buffer_printf(o->b, "<svg viewBox=\"0 0 %d %d\" class=\"pf\" role=\"img\">\n", SVG_WIDTH, SVG_HEIGHT);
	else
		buffer_printf(o->b, "<g transform=\"translate(0 %u)\">\n", o->npackets * SVG_HEIGHT);
	draw(o, s, p, v);
	buffer_puts(o->b, o->in_page ? "</svg>\n" : "</g>\n");
	o->npackets++;
}


/* The file's size is known at its end: the header is put in front then. */
void out_svg_end(struct out_svg *o, uint32_t packets)
{
	struct buffer *t = o->scratch;
	uint32_t height = packets * SVG_HEIGHT;

	t->len = 0;
	buffer_printf(t, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" width=\"%d\" "
			 "height=\"%u\" class=\"pf\">\n<style>\n%s</style>\n"
			 "<rect width=\"100%%\" height=\"100%%\" style=\"fill:var(--bg)\"/>\n",
		      SVG_WIDTH, height, SVG_WIDTH, height, out_svg_style);
	buffer_put(t, o->b->data, o->b->len);
	buffer_lit(t, "</svg>\n");
	o->b->len = 0;
	buffer_put(o->b, t->data, t->len);
}

static const char *ct_row(uint8_t state)
{
	switch (state) {
	case PACKET_STATE_NEW: return "ct: NEW";
	case PACKET_STATE_ESTABLISHED: return "ct: ESTABLISHED";
	case PACKET_STATE_RELATED: return "ct: RELATED";
	case PACKET_STATE_UNTRACKED: return "ct: UNTRACKED";
	default: return "ct: INVALID";
	}
}

void out_svg_begin(struct out_svg *o, const struct sim *s, const struct sim_packet *p, const char *name)
{
	struct out_svg fresh = { .b = o->b, .scratch = o->scratch, .npackets = o->npackets,
				 .in_page = o->in_page, .name = name, .at_hook = -1, .local = p->local };
	struct buffer *t = o->scratch;

	(void)s;
	*o = fresh;
	o->host = p->local;
	t->len = 0;
	describe_packet(t, p);
	snprintf(o->came, sizeof(o->came), "%.*s", (int)t->len, t->data);
}

void out_svg_observe(void *arg, const struct sim *s, const struct sim_packet *p, const struct sim_event *e)
{
	struct out_svg *o = arg;
	struct buffer *t = o->scratch;

	switch ((enum sim_event_kind)e->kind) {
	case EVENT_STEP:
		if (e->hook < HOOK_COUNT)
			enter(o, (enum hook_id)e->hook);
		break;
	case EVENT_TABLE: pass(o, (enum hook_id)e->hook, e->table); break;
	case EVENT_CT:
		pass(o, (enum hook_id)e->hook, NO_TABLE);
		o->ct = ct_row(p->ct_state);
		break;
	case EVENT_ROUTE:
		t->len = 0;
		describe_route(t, p, e->route);
		snprintf(o->route, sizeof(o->route), "%.*s", (int)t->len, t->data);
		if (!p->local)
			o->routing = o->edge[EDGE_PRE_ROUTE] = true;
		break;
	case EVENT_NAT:
		if (o->nnat < 2)
			snprintf(o->nat[o->nnat++], sizeof(o->nat[0]), "%s", e->text);
		break;
	case EVENT_VERDICT: finish(o, s, p, (enum sim_verdict)e->verdict); break;
	case EVENT_BRANCH:
	case EVENT_RULE:
	case EVENT_MISS:
	case EVENT_UNKNOWN:
	case EVENT_RETURN:
	case EVENT_POLICY:
	case EVENT_CHANGE:
	case EVENT_TCPDUMP:
	case EVENT_NOTE: break;
	}
}
