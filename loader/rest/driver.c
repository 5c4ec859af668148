#include "loader/rest/answer.h"
#include "loader/rest/call.h"
#include "loader/rest/judge.h"
#include "loader/rest/login.h"
#include "loader/rest/rest.h"
#include "loader/rest/settings.h"

static const char *address(void)
{
    return rest_target_settings.url;
}

static const char *account(void)
{
    return rest_target_settings.account ? rest_target_settings.account : rest_target_settings.url;
}

const struct target_driver rest_target_driver = {
    .name = "rest",
    .address_setting = "REST_TARGET_URL",
    .account_setting = "REST_TARGET_ACCOUNT",
    .cure_tokens = "check REST_TARGET_TOKEN_URL",
    .settings = rest_target_options,
    .setting_count = REST_TARGET_OPTIONS,
    .check = rest_target_check,
    .address = address,
    .account = account,
    .login_new = rest_login_new,
    .login_stop = rest_login_stop,
    .login_free = rest_login_free,
    .login_take = rest_login_take,
    .login_refused = rest_login_refused,
    .request = rest_login_request,
    .read = rest_answer_read,
    .save_call = rest_call_save,
    .judge = rest_judge,
    .saved_ids = rest_saved_ids,
    .list_call = rest_call_list,
    .list_read = rest_list_read,
    .record = rest_record,
};
