/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse: run the scanner and the parser over one source. */
#include "parse.h"

#include <string.h>
#include "parser.h"

typedef void *yyscan_t;
struct yy_buffer_state;
int scan_yylex_init_extra(struct parse_context *extra, yyscan_t *scanner);
struct yy_buffer_state *scan_yy_scan_buffer(char *base, size_t size, yyscan_t scanner);

/* iptables-restore reads lines as C strings and would take what is before the NUL for the rule. */
static bool refuse_nul(struct ruleset *rs, const struct source *src)
{
	const char *nul = memchr(src->text, '\0', src->len);

	if (nul)
		diag_error(rs->diags, ((struct span){ src->base + (uint32_t)(nul - src->text), 1 }),
			   "a NUL byte: this is no text");
	return nul;
}

/* The scanner's memory is the arena's: nothing is left to destroy. */
void ruleset_parse(struct ruleset *rs, struct source *src)
{
	struct parse_context c = { .rs = rs, .line.src = src, .entered = UINT32_MAX };
	yyscan_t scanner;

	if (src->len && refuse_nul(rs, src))
		return;
	if (rs->family == FAMILY_BOTH) {
		unsigned before = rs->diags->n[IPTC2NFT_SEV_ERROR];

		ruleset_detect_family(rs);
		if (rs->diags->n[IPTC2NFT_SEV_ERROR] != before) /* of both: half of it would be wrong */
			return;
	}
	c.line.words = arena_array(rs->arena, RULE_WORDS_MAX, sizeof(*c.line.words));
	if (scan_yylex_init_extra(&c, &scanner))
		arena_oom(rs->arena);
	/* The scanner ends words with a NUL while it looks at them and restores the byte. */
	scan_yy_scan_buffer((char *)src->text, (size_t)src->len + 2, scanner);
	c.ahead = ahead_start(rs, src);
	if (c.ahead)
		c.entered = 0;
	ruleset_yyparse(&c, scanner);
	ahead_end(c.ahead);
}
