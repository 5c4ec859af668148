/* What the target holds, and how it came there. */
#include <microhttpd.h>
#include <stdio.h>

#include "common/ledger/ledger.h"
#include "console/api/calls.h"
#include "console/serve/said.h"

static const char *const outcomes[] = {"pending", "created", "updated", "unchanged", "filtered", "rejected"};

static void record_put(struct buffer *out, const struct sql_value *columns)
{
    bool first = true;
    buffer_add_char(out, '{');
    json_member_integer(out, &first, "id", columns[0].integer);
    json_member_text(out, &first, "scheme", columns[1].text);
    json_member_text(out, &first, "key", columns[2].text);
    json_member_text(out, &first, "number", columns[3].text);
    json_member_text(out, &first, "target_id", columns[4].kind == SQL_TEXT ? columns[4].text : (struct text){NULL, 0});
    json_member_integer(out, &first, "run", columns[5].integer);
    json_member_text(out, &first, "outcome",
                     columns[6].integer >= 0 && columns[6].integer <= OUTCOME_REJECTED
                         ? text_of(outcomes[columns[6].integer])
                         : TEXT("pending"));
    json_member_flag(out, &first, "held", columns[7].integer != 0);
    buffer_add_char(out, '}');
}

static int64_t outcome_number(struct text word)
{
    for (int64_t i = 0; i <= OUTCOME_REJECTED; i++) {
        if (text_equal(word, text_of(outcomes[i]))) {
            return i;
        }
    }
    return -1;
}

#define COLUMNS "r.id, p.scheme, r.key, coalesce(r.number, r.key), r.target_id, r.run, r.outcome, r.held"

#define OF_PAIRS " from pair p cross join record r where r.pair = p.id and "
/* Those that are exactly this: its key or number; or, where there is none, its id in the target, for which all are read. */
static const char text_search[] =
    "select " COLUMNS OF_PAIRS "r.key = $1 union select " COLUMNS OF_PAIRS "r.number = $1 union select " COLUMNS
    " from (select 1 as one where not exists (select 1" OF_PAIRS
    "(r.key = $1 or r.number = $1))) none cross join record r"
    " cross join pair p where p.id = r.pair and r.target_id = $1 order by 1 limit $2";
static const char text_list[] = "select " COLUMNS " from record r join pair p on p.id = r.pair where r.id > $1"
                                " and ($2 = '' or p.scheme = $2) and ($3 < 0 or r.outcome = $3) order by r.id limit $4";

int records_list(struct api_request *request, struct api_answer *answer)
{
    int64_t limit = request_integer(request, "limit"), count = 0, last = 0;
    struct text q = request_text(request, "q");
    const struct sql_value search[] = {SQL_STRING(q), SQL_INTEGER(limit)};
    const struct sql_value list[] = {
        SQL_INTEGER(request_integer(request, "cursor")), SQL_STRING(request_text(request, "scheme")),
        SQL_INTEGER(outcome_number(request_text(request, "outcome"))), SQL_INTEGER(limit + 1)};
    struct sql_rows rows;
    if (q.size > 0) {
        store_ask(request->store, text_search, search, 2, &rows);
    } else {
        store_ask(request->store, text_list, list, 4, &rows);
    }
    buffer_add_char(&answer->body, '[');
    while (store_next(&rows)) {
        if (++count > limit) {
            (void)snprintf(answer->next, sizeof answer->next, "%lld", (long long)last);
            continue;
        }
        last = rows.columns[0].integer;
        buffer_add_text(&answer->body, count > 1 ? TEXT(",") : TEXT(""));
        record_put(&answer->body, rows.columns);
    }
    buffer_add_char(&answer->body, ']');
    return store_found(&rows);
}

int records_show(struct api_request *request, struct api_answer *answer)
{
    struct buffer told;
    const cJSON *tree = NULL;
    buffer_init(&told, ANSWER_MAX);
    int error = ledger_explain(request->store, request_text(request, "key"), &told);
    if (!error && request->chinese &&
        json_parse(request->arena, buffer_text(&told), ANSWER_MAX, JSON_STRICT, &tree, NULL) == 0) {
        put_tree_said(&answer->body, tree, true);
    } else {
        buffer_add_text(&answer->body, buffer_text(&told));
    }
    buffer_fini(&told);
    return error == ERR_NOT_FOUND ? answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "that key was never seen")
                                  : error;
}
