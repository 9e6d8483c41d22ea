/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emit: the outputs. Each requires IR after guard_expand() and appends to @out; what it can't say
 * becomes a diagnostic in ir->diags, and then the contents of @out mean nothing.
 */
#ifndef IPTC2NFT_EMIT_H
#define IPTC2NFT_EMIT_H

#include "buffer.h"
#include "ir.h"

void emit_text(struct ir *ir, struct buffer *out);
void emit_json(struct ir *ir, struct buffer *out);
void emit_netlink(struct ir *ir, struct buffer *out);
void emit_bytecode(struct ir *ir, struct buffer *out);

#endif
