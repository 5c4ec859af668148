#include "loader/xingchen/account.h"
#include "loader/xingchen/answer.h"
#include "loader/xingchen/body.h"
#include "loader/xingchen/find.h"
#include "loader/xingchen/judge.h"
#include "loader/xingchen/list.h"
#include "loader/xingchen/login.h"
#include "loader/xingchen/settings.h"
#include "loader/xingchen/xingchen.h"

static const char *address(void)
{
    return xingchen_settings.url;
}

static const char *account(void)
{
    return xingchen_settings.account;
}

static int check(const struct target_form *form, bool account, struct cause *cause)
{
    (void)form;
    return xingchen_settings_check(account, cause);
}

static void read_answer(struct arena *arena, const struct target_form *form, const struct target_call *call,
                        const struct http_reply *reply, bool words, struct answer *out)
{
    (void)call;
    answer_read(arena, form, reply, words, out);
}

static void saved_ids(struct arena *arena, const struct target_form *form, const struct answer *answer,
                      struct buffer *out)
{
    (void)form;
    judge_saved_ids(arena, answer, out);
}

static void save_call(struct target_call *out, const struct target_form *form, const struct target_item *items,
                      size_t count)
{
    body_save(&out->body, form, items, count);
}

static void find_one_call(struct target_call *out, const struct target_form *form, struct text number)
{
    body_find_one(&out->body, form, number);
}

static void find_many_call(struct target_call *out, const struct target_form *form, const struct text *numbers,
                           size_t count)
{
    body_find_many(&out->body, form, numbers, count);
}

static void list_call(struct target_call *out, const struct target_form *form, const struct target_ask *ask)
{
    body_list(&out->body, form, ask);
}

const struct target_driver xingchen_driver = {
    .name = "xingchen",
    .address_setting = "XINGCHEN_URL",
    .account_setting = "XINGCHEN_ACCOUNT_ID",
    .cure_tokens = "check XINGCHEN_CLIENT_ID and XINGCHEN_ROUTER_ADDR",
    .settings = xingchen_options,
    .setting_count = XINGCHEN_OPTIONS,
    .check = check,
    .address = address,
    .account = account,
    .login_new = login_new,
    .login_stop = login_stop,
    .login_free = login_free,
    .login_take = login_take,
    .login_refused = login_refused,
    .request = login_request,
    .read = read_answer,
    .save_call = save_call,
    .judge = judge_save,
    .saved_ids = saved_ids,
    .find_one_call = find_one_call,
    .find_many_call = find_many_call,
    .find_read = find_read,
    .list_call = list_call,
    .list_read = list_read,
    .record = find_record,
    .accounts = account_each,
};
