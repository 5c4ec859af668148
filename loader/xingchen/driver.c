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

const struct target_driver xingchen_driver = {
    .name = "xingchen",
    .address_setting = "XINGCHEN_URL",
    .account_setting = "XINGCHEN_ACCOUNT_ID",
    .cure_tokens = "check XINGCHEN_CLIENT_ID and XINGCHEN_ROUTER_ADDR",
    .settings = xingchen_options,
    .setting_count = XINGCHEN_OPTIONS,
    .check = xingchen_settings_check,
    .address = address,
    .account = account,
    .login_new = login_new,
    .login_stop = login_stop,
    .login_free = login_free,
    .login_take = login_take,
    .login_refused = login_refused,
    .request = login_request,
    .read = answer_read,
    .save_body = body_save,
    .judge = judge_save,
    .saved_ids = judge_saved_ids,
    .find_one_body = body_find_one,
    .find_many_body = body_find_many,
    .find_read = find_read,
    .list_body = body_list,
    .list_read = list_read,
    .accounts = account_each,
};
