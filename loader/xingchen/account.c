#include "loader/xingchen/account.h"

#include "loader/xingchen/answer.h"

static void read_one(struct arena *arena, struct text service, const cJSON *item, target_account_fn *fn, void *user,
                     int *count)
{
    struct target_account account = {answer_id(arena, json_get(item, "accountId")),
                                     json_text(json_get(item, "groupName")), service};
    if (account.id.size > 0) {
        fn(user, &account);
        ++*count;
    }
}

int account_each(struct arena *arena, const struct answer *answer, target_account_fn *fn, void *user)
{
    const cJSON *data = answer->data;
    if (!cJSON_IsArray(data)) {
        return ERR_SYNTAX;
    }
    int count = 0;
    for (const cJSON *item = data->child; item; item = item->next) {
        struct text service = answer_id(arena, json_get(item, "serviceId"));
        const cJSON *groups = json_get(item, "accountGroups");
        if (cJSON_IsArray(groups)) {
            for (const cJSON *g = groups->child; g; g = g->next) {
                read_one(arena, service, g, fn, user, &count);
            }
        } else {
            read_one(arena, service, item, fn, user, &count);
        }
    }
    return count;
}
