#include "ctl/check/alert.h"

#include <curl/curl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/log/log.h"

enum { TRIAL_WAIT = 20000 /* ms: a person waits, three tries */ };

struct trial {
    struct loop *loop;
    struct cause *cause;
    int code;
};

static void told(void *user, int error, const struct cause *cause)
{
    struct trial *trial = user;
    if (error) {
        *trial->cause = *cause;
    }
    trial->code = error ? EXIT_REFUSED : EXIT_COMPLETE;
}

static void settled(void *user)
{
    const struct trial *trial = user;
    loop_stop(trial->loop, trial->code);
}

static int send_over(struct trial *trial, const struct alert_options *options)
{
    struct alert *alert = NULL;
    char host[64] = "", worker[80];
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(worker, sizeof worker, "dianchen %s", host);
    int error = alert_new(trial->loop, NULL, options, TEXT("check"), worker, told, trial, &alert, trial->cause);
    if (error) {
        return error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED;
    }
    if (!alert) {
        (void)cause_set(trial->cause, ERR_INPUT,
                        "ALERT_URL: not set; put the robot's webhook address into the environment or .env");
        return EXIT_USAGE;
    }
    (void)cause_set(trial->cause, ERR_TIMEOUT, "the group robot gave no answer in time");
    alert_raise(alert, "trial", "a trial message: alerts arrive here 告警测试", 0);
    alert_settle(alert, trial->loop, TRIAL_WAIT, settled, trial);
    int code = loop_run(trial->loop);
    alert_free(&alert);
    return code < 0 ? EXIT_REFUSED : code;
}

int alert_trial(const struct alert_options *options)
{
    struct cause cause = {""};
    struct trial trial = {.cause = &cause, .code = EXIT_REFUSED};
    int code = EXIT_REFUSED;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || loop_new(&trial.loop) != 0) {
        (void)cause_set(&cause, ERR_MEMORY, "out of memory");
    } else {
        code = send_over(&trial, options);
    }
    if (code == EXIT_COMPLETE) {
        print_line(stdout, "ok    alert: the group robot took the trial message");
    } else {
        secret_wipe(cause.text);
        print_line(stdout, "FAIL  alert: %s", cause.text);
    }
    loop_free(&trial.loop);
    curl_global_cleanup();
    return code;
}
