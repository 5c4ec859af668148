/* Loosest first: = <> < <= > >= IN · & · + - · * / · unary - */
#include <assert.h>
#include <stdio.h>

#include "common/base/language.h"
#include "common/config/config.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/formula/syntax/lexer.h"
#include "common/scheme/formula/syntax/node.h"

struct parser {
    struct formula_lexer lexer;
    struct arena *arena;
    struct formula_note *fault;
    int depth;
};

static int parse_expression(struct parser *p, struct formula_node **out);

static struct formula_node *node_new(struct parser *p, enum formula_node_kind kind, int column, size_t from)
{
    struct formula_node *node = arena_take(p->arena, sizeof *node);
    if (node) {
        *node = (struct formula_node){.kind = kind, .column = column, .from_column = column, .from = (uint16_t)from};
    }
    return node;
}

static void node_add(struct formula_node *node, struct formula_node *child)
{
    if (node->last) {
        node->last->next = child;
    } else {
        node->first = child;
    }
    node->last = child;
    node->count++;
    node->to = child->to;
    node->depth = child->depth >= node->depth ? child->depth + 1 : node->depth;
}

static int next(struct parser *p)
{
    return formula_lexer_next(&p->lexer, p->fault);
}

static const struct formula_token *token_here(const struct parser *p)
{
    return &p->lexer.token;
}

static bool is_word(const struct parser *p, const char *word)
{
    return token_here(p)->kind == TOKEN_NAME && text_equal_nocase(token_here(p)->text, text_of(word));
}

/* Told at once: what stands between the brackets is often no formula at all, as in VLOOKUP(no, Sheet1!A:B, 2, 0). */
static int unknown_function(struct parser *p, const struct formula_node *node)
{
    char word[64];
    const char *names[100], *instead = formula_function_instead(node->name);
    snprintf(word, sizeof word, "%.*s", node->name.size < sizeof word ? (int)node->name.size : 0, node->name.data);
    for (char *c = word; *c; c++) {
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    }
    for (size_t i = 0; i < formula_function_count; i++) {
        names[i] = formula_functions[i].name;
    }
    const char *nearest = word[0] && !instead ? config_nearest(word, names, formula_function_count) : NULL;
    return formula_fault(p->fault, node->column, "%.*s: no such function%s%s%s", (int)text_cut(node->name, 40),
                         node->name.data,
                         instead   ? "; write "
                         : nearest ? "; did you mean "
                                   : "",
                         instead   ? instead
                         : nearest ? nearest
                                   : "",
                         nearest ? "?" : "");
}

/* "expected a value, found )" */
static int unexpected(struct parser *p, const char *expected)
{
    const struct formula_token *t = token_here(p);
    if (t->kind == TOKEN_END) {
        return formula_fault(p->fault, t->column, "expected %s, but the formula ends here", expected);
    }
    if (is_word(p, "AND") || is_word(p, "OR")) {
        return formula_fault(p->fault, t->column, "%.*s is a function: %.*s(a, b)", TEXT_ARG(t->text),
                             TEXT_ARG(t->text));
    }
    static const char *const words[][2] = {{"LIKE", N_("STARTSWITH(a, b), or CONTAINS(a, b)")},
                                           {"BETWEEN", "AND(x >= a, x <= b)"},
                                           {"IS", "ISEMPTY(x)"},
                                           {"NOT", N_("NOT(…) around the comparison")},
                                           {"MOD", "MOD(a, b)"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_word(p, words[i][0])) {
            return formula_fault(p->fault, t->column, "%.*s: write %s", TEXT_ARG(t->text), words[i][1]);
        }
    }
    size_t shown = text_cut((struct text){p->lexer.source.data + t->from, t->to - t->from}, 40);
    return formula_fault(p->fault, t->column, "expected %s before %.*s", expected, (int)shown,
                         p->lexer.source.data + t->from);
}

/* Doubled quotes made single. */
static int text_constant(struct parser *p, struct formula_node *node)
{
    struct text inner = token_here(p)->text;
    struct text copy = arena_text(p->arena, inner);
    if (!copy.data) {
        return ERR_MEMORY;
    }
    char *to = (char *)copy.data; /* ours: just taken */
    size_t size = 0;
    for (size_t i = 0; i < inner.size; i++) {
        to[size++] = inner.data[i];
        i += inner.data[i] == '"';
    }
    node->value = (struct formula_value){.type = FORMULA_TEXT, .text = {copy.data, size}};
    return 0;
}

static int number_constant(struct parser *p, struct formula_node *node)
{
    struct text digits = token_here(p)->text;
    node->value.type = FORMULA_NUMBER;
    int error = decimal_parse(digits, &node->value.number);
    if (error == ERR_LIMIT) {
        return formula_fault(p->fault, token_here(p)->column,
                             "a number has at most %d digits, %d of them after the point; a code stands in quotes",
                             DECIMAL_DIGITS, DECIMAL_PLACES);
    }
    return error ? formula_fault(p->fault, token_here(p)->column, "%.*s is no number", TEXT_ARG(digits)) : 0;
}

/* What stands between brackets, with commas; the closing one is taken. */
static int parse_list(struct parser *p, struct formula_node *node)
{
    while (token_here(p)->kind != TOKEN_CLOSE || node->count > 0) {
        struct formula_node *child = NULL;
        int error = parse_expression(p, &child);
        if (error) {
            return error;
        }
        assert(child);
        node_add(node, child);
        if (node->count > FORMULA_ARGUMENTS_MAX) {
            return formula_fault(p->fault, node->column, "more than %d arguments", FORMULA_ARGUMENTS_MAX);
        }
        if (token_here(p)->kind == TOKEN_CLOSE) {
            break;
        }
        if (token_here(p)->kind != TOKEN_COMMA) {
            return unexpected(p, "an operator, \",\" or \")\"");
        }
        error = next(p);
        if (error) {
            return error;
        }
    }
    node->to = (uint16_t)token_here(p)->to;
    return next(p);
}

static int parse_name(struct parser *p, struct formula_node *node)
{
    struct text name = token_here(p)->text;
    bool plain = token_here(p)->kind == TOKEN_NAME;
    int error = next(p);
    node->name = name;
    if (error) {
        return error;
    }
    if (plain && token_here(p)->kind == TOKEN_OPEN) {
        node->kind = NODE_CALL;
        if (!text_starts(name, TEXT("lua.")) && formula_function_find(name) < 0) {
            return unknown_function(p, node);
        }
        error = next(p);
        return error ? error : parse_list(p, node);
    }
    bool truth = text_equal_nocase(name, TEXT("TRUE"));
    if (plain && (truth || text_equal_nocase(name, TEXT("FALSE")))) {
        node->kind = NODE_CONSTANT;
        node->value = (struct formula_value){.type = FORMULA_BOOLEAN, .flag = truth};
    }
    return 0;
}

static int parse_primary(struct parser *p, struct formula_node **out)
{
    struct formula_token t = *token_here(p);
    struct formula_node *node;
    int error = 0;
    switch (t.kind) {
    case TOKEN_OPEN:
        error = next(p);
        error = error ? error : parse_expression(p, out);
        if (!error && token_here(p)->kind != TOKEN_CLOSE) {
            error = unexpected(p, "an operator or \")\"");
        }
        if (!error) {
            (*out)->from = (uint16_t)t.from;
            (*out)->from_column = t.column;
            (*out)->to = (uint16_t)token_here(p)->to;
        }
        return error ? error : next(p);
    case TOKEN_NUMBER:
    case TOKEN_TEXT:
    case TOKEN_NAME:
    case TOKEN_FIELD:
        break;
    default:
        return unexpected(p, "a value");
    }
    bool constant = t.kind == TOKEN_NUMBER || t.kind == TOKEN_TEXT;
    *out = node = node_new(p, constant ? NODE_CONSTANT : NODE_NAME, t.column, t.from);
    if (!node) {
        return ERR_MEMORY;
    }
    node->to = (uint16_t)t.to;
    if (!constant) {
        return parse_name(p, node);
    }
    error = t.kind == TOKEN_NUMBER ? number_constant(p, node) : text_constant(p, node);
    return error ? error : next(p);
}

/* The loop is for "--x", the idiom of a spreadsheet; each sign is a node. */
static int parse_unary(struct parser *p, struct formula_node **out)
{
    struct formula_node *outer = NULL, *inner = NULL, *operand = NULL;
    while (token_here(p)->kind == TOKEN_MINUS || token_here(p)->kind == TOKEN_PLUS) {
        bool minus = token_here(p)->kind == TOKEN_MINUS;
        struct formula_node *node = minus ? node_new(p, NODE_NEGATE, token_here(p)->column, token_here(p)->from) : NULL;
        if (minus && !node) {
            return ERR_MEMORY;
        }
        int error = next(p);
        if (error) {
            return error;
        }
        if (minus) {
            if (inner) {
                node_add(inner, node);
            }
            outer = outer ? outer : node;
            inner = node;
            if (++p->depth > FORMULA_DEPTH_MAX) {
                return formula_fault(p->fault, node->column, "more than %d steps in one another", FORMULA_DEPTH_MAX);
            }
        }
    }
    int error = parse_primary(p, &operand);
    if (error) {
        return error;
    }
    if (!inner) {
        *out = operand;
        return 0;
    }
    assert(operand);
    node_add(inner, operand);
    for (struct formula_node *node = outer; node != operand; node = node->first) {
        node->to = operand->to;
        node->depth = operand->depth + 1;
        p->depth--;
    }
    *out = outer;
    return 0;
}

/* One level of binary operators, from the left: *, / or +, -. */
static int parse_chain(struct parser *p, bool products, struct formula_node **out)
{
    int error = products ? parse_unary(p, out) : parse_chain(p, true, out);
    while (!error) {
        enum formula_token_kind kind = token_here(p)->kind;
        bool ours = products ? kind == TOKEN_TIMES || kind == TOKEN_OVER : kind == TOKEN_PLUS || kind == TOKEN_MINUS;
        if (!ours) {
            return 0;
        }
        struct formula_node *right, *node = node_new(p, NODE_OPERATOR, token_here(p)->column, (*out)->from);
        if (!node) {
            return ERR_MEMORY;
        }
        node->from_column = (*out)->from_column;
        node->operator= kind == TOKEN_TIMES ? OPERATOR_MULTIPLY
        : kind == TOKEN_OVER                ? OPERATOR_DIVIDE
        : kind == TOKEN_PLUS                ? OPERATOR_ADD
                                            : OPERATOR_SUBTRACT;
        error = next(p);
        error = error ? error : products ? parse_unary(p, &right) : parse_chain(p, true, &right);
        if (error) {
            return error;
        }
        node_add(node, *out);
        node_add(node, right);
        if (node->depth > FORMULA_DEPTH_MAX) {
            return formula_fault(p->fault, node->column, "more than %d steps in one another", FORMULA_DEPTH_MAX);
        }
        *out = node;
    }
    return error;
}

static int parse_join(struct parser *p, struct formula_node **out)
{
    struct formula_node *join = NULL, *piece;
    for (;;) {
        int error = parse_chain(p, false, &piece);
        if (error) {
            return error;
        }
        if (join) {
            node_add(join, piece);
        }
        if (token_here(p)->kind != TOKEN_JOIN) {
            *out = join ? join : piece;
            return 0;
        }
        if (!join) {
            join = node_new(p, NODE_JOIN, token_here(p)->column, piece->from);
            if (!join) {
                return ERR_MEMORY;
            }
            join->from_column = piece->from_column;
            node_add(join, piece);
        }
        error = next(p);
        if (error) {
            return error;
        }
    }
}

static bool comparison(const struct parser *p, enum formula_operator *out)
{
    enum formula_token_kind kind = token_here(p)->kind;
    if (kind < TOKEN_EQUAL || kind > TOKEN_ABOVE_EQUAL) {
        return false;
    }
    *out = (enum formula_operator)(OPERATOR_EQUAL + (kind - TOKEN_EQUAL));
    return true;
}

/* x IN ("1", "39") */
static int parse_in(struct parser *p, struct formula_node **out)
{
    struct formula_node *node = node_new(p, NODE_IN, token_here(p)->column, (*out)->from);
    if (!node) {
        return ERR_MEMORY;
    }
    node->from_column = (*out)->from_column;
    node_add(node, *out);
    int error = next(p);
    if (error) {
        return error;
    }
    if (token_here(p)->kind != TOKEN_OPEN) {
        return unexpected(p, "a list in brackets, as in x IN (\"1\", \"39\"),");
    }
    error = next(p);
    if (!error && token_here(p)->kind == TOKEN_CLOSE) {
        return unexpected(p, "a value");
    }
    error = error ? error : parse_list(p, node);
    *out = node;
    return error;
}

static int parse_expression(struct parser *p, struct formula_node **out)
{
    if (++p->depth > FORMULA_DEPTH_MAX) {
        return formula_fault(p->fault, token_here(p)->column, "more than %d steps in one another", FORMULA_DEPTH_MAX);
    }
    int error = parse_join(p, out);
    enum formula_operator operator;
    while (!error) {
        if (is_word(p, "IN")) {
            error = parse_in(p, out);
            continue;
        }
        if (!comparison(p, &operator)) {
            break;
        }
        struct formula_node *right, *node = node_new(p, NODE_OPERATOR, token_here(p)->column, (*out)->from);
        if (!node) {
            return ERR_MEMORY;
        }
        node->from_column = (*out)->from_column;
        node->operator= operator;
        error = next(p);
        error = error ? error : parse_join(p, &right);
        if (!error) {
            node_add(node, *out);
            node_add(node, right);
            *out = node;
        }
    }
    if (!error && (*out)->depth > FORMULA_DEPTH_MAX) {
        return formula_fault(p->fault, (*out)->column, "more than %d steps in one another", FORMULA_DEPTH_MAX);
    }
    p->depth--;
    return error;
}

int formula_parse(struct arena *arena, struct text source, struct formula_node **out, struct formula_note *fault)
{
    struct parser p = {.arena = arena, .fault = fault};
    struct formula_node *node = NULL;
    if (source.size > FORMULA_SIZE_MAX) {
        return formula_fault(fault, 1, "longer than %d bytes: cut it in two, or write a Lua function",
                             FORMULA_SIZE_MAX);
    }
    int error = formula_lexer_start(&p.lexer, source, fault);
    error = error ? error : parse_expression(&p, &node);
    if (!error && token_here(&p)->kind != TOKEN_END) {
        error = unexpected(&p, "an operator");
    }
    if (!error) {
        *out = node;
    }
    return error;
}
