/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_json: the report for scripts. */
#include "verify/report.h"

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#define BEFORE_MAX 64
#define LINES_MAX  64

static json_t *text_of(struct buffer *b)
{
	json_t *j = json_stringn(b->data, b->len);

	if (!j) /* the input's bytes are no UTF-8 */
		for (size_t i = 0; i < b->len; i++)
			if ((uint8_t)b->data[i] >= 0x80)
				b->data[i] = '?';
	return j ? j : json_stringn(b->data, b->len);
}

static json_t *rule_json(const struct verify *v, uint32_t rule)
{
	struct buffer *place = buffer_new(v->arena), *line = buffer_new(v->arena);
	const struct chain *c = v->rules.rule[rule]->chain;

	report_place(v, v->rules.rule[rule]->at, place);
	report_line(v, v->rules.rule[rule]->at, line);
	return json_pack("{s:o, s:s, s:s*, s:o}", "place", text_of(place), "table", table_names[c->table->id],
			 "chain", c->name, "text", text_of(line));
}

static json_t *spec_json(const struct verify *v, uint32_t packet)
{
	struct buffer *b = buffer_new(v->arena);

	report_spec(v, &v->setup.plan->packets[packet], b);
	return text_of(b);
}

static json_t *record_json(const struct verify *v, const struct record *r)
{
	static const char *const kinds[] = { "hook", "log", "rule" };
	struct buffer *b = buffer_new(v->arena);
	json_t *j;

	if (r->kind == SEEN_TRACE) {
		j = json_pack("{s:s}", "event", r->rule == RULE_NONE ? "policy" : kinds[r->kind]);
		if (r->rule == RULE_NONE)
			json_object_set_new(j, "chain", json_string(r->text));
		else
			json_object_set_new(j, "rule", rule_json(v, r->rule));
		if (r->verdict[0])
			json_object_set_new(j, "verdict", json_string(r->verdict));
		return j;
	}
	for (uint32_t i = 0; i < r->len; i++)
		buffer_printf(b, "%02x", report_payload(r)[i]);
	j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "event", kinds[r->kind], "hook",
		      r->hook < HOOK_COUNT ? hook_names[r->hook] : "", "in", report_iface(v, r->in), "out",
		      report_iface(v, r->out), "mark", (json_int_t)r->mark, "raw", text_of(b));
	if (j && r->kind == SEEN_LOG) {
		json_object_set_new(j, "group", json_integer(r->group));
		json_object_set_new(j, "prefix", json_string(r->text));
	}
	return j;
}

static json_t *side_json(const struct verify *v, unsigned side, uint32_t packet)
{
	json_t *list = json_array();

	for (const struct record *r = report_first(&v->pair[side], packet); r; r = report_next(&v->pair[side], r))
		json_array_append_new(list, record_json(v, r));
	return list;
}

static json_t *difference_json(const struct verify *v, uint32_t n)
{
	uint32_t packet = v->differ[n], before[BEFORE_MAX], lines[LINES_MAX];
	json_t *list = json_array(), *involved = json_array();
	unsigned k = report_before(v, packet, before, BEFORE_MAX);
	json_t *j = json_pack("{s:I, s:o}", "packet", (json_int_t)packet + 1, "spec", spec_json(v, packet));

	for (unsigned i = 0; i < k; i++)
		json_array_append_new(list, spec_json(v, before[i]));
	json_object_set_new(j, "before", list);
	json_object_set_new(j, "reference", side_json(v, 0, packet));
	json_object_set_new(j, "ours", side_json(v, 1, packet));
	k = report_involved(v, packet, lines, LINES_MAX);
	for (unsigned i = 0; i < k; i++)
		json_array_append_new(involved, rule_json(v, lines[i]));
	json_object_set_new(j, "rules", involved);
	return j;
}

static json_t *coverage_json(const struct verify *v)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < v->rules.n; i++) {
		const struct compare_rule *r = &v->compare.rules[i];
		json_t *j = rule_json(v, i);

		json_object_set_new(j, "reference", json_integer((json_int_t)r->first));
		json_object_set_new(j, "ours", json_integer((json_int_t)r->ours));
		json_object_set_new(j, "missed", json_boolean(verify_rule_missed(v, i)));
		json_object_set_new(j, "differs", json_boolean(verify_rule_differs(v, i)));
		json_array_append_new(list, j);
	}
	return list;
}

bool verify_json(const struct verify *v, struct buffer *b)
{
	json_t *differences = json_array(), *j;
	char *text;

	for (uint32_t i = 0; i < v->shown; i++)
		json_array_append_new(differences, difference_json(v, i));
	j = json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:o, s:o}", "same",
		      !v->ndiffer && !v->nrules_differ, "against", reference_names[v->setup.reference], "packets",
		      (json_int_t)v->packets, "planned", (json_int_t)v->setup.plan->npackets, "observations",
		      (json_int_t)v->seen, "logged", (json_int_t)v->logs, "rounds", (json_int_t)v->compare.rounds,
		      "seed", (json_int_t)v->seed, "milliseconds", (json_int_t)v->ms, "hurried", v->hurried,
		      "differing", (json_int_t)v->ndiffer, "differences", differences, "rules", coverage_json(v));
	json_object_set_new(j, "known", json_pack("{s:I, s:I, s:I, s:I}", "given_mss", (json_int_t)v->known.mss,
						  "left_out_ah", (json_int_t)v->known.ah,
						  "left_out_cut", (json_int_t)v->known.cut,
						  "left_out_recent", (json_int_t)v->known.recent));
	text = j ? json_dumps(j, JSON_INDENT(2)) : NULL;
	json_decref(j);
	if (!text)
		return false;
	buffer_puts(b, text);
	buffer_char(b, '\n');
	free(text);
	return true;
}
