#include "common/stage/store.h"

#include <curl/curl.h>
#include <signal.h>

/* A stage that was told to stop while it waited for its store ends as if it had not been started: by the signal, which stands
 * blocked until the loop runs. */
static void end_if_told(void)
{
    static const int told[] = {SIGTERM, SIGINT};
    sigset_t both;
    sigemptyset(&both);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        signal(told[i], SIG_DFL);
        sigaddset(&both, told[i]);
    }
    sigprocmask(SIG_UNBLOCK, &both, NULL);
}

int stage_store_open(struct stage *stages, size_t count, const char *url, struct cause *cause)
{
    struct store *store = NULL;
    /* libcurl wants to be started before there is a second thread. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return cause_set(cause, ERR_IO, "libcurl could not be started");
    }
    int error = store_open(url, &store, cause);
    if (error) {
        end_if_told();
    }
    if (!error && store_start(store, stages->loop, metrics_whole(stages->metrics)) != 0) {
        error = cause_set(cause, ERR_IO, "the store's thread could not be started");
    }
    for (size_t i = 0; i < count; i++) {
        stages[i].store = store;
        stages[i].identity.store_id = text_of(error ? "" : store_id(store));
    }
    return error;
}

void stage_store_close(struct stage *stages, size_t count)
{
    struct store *store = stages->store;
    for (size_t i = 0; i < count; i++) {
        stages[i].store = NULL;
    }
    store_close(&store); /* its thread counts in metrics and posts to the loop: both live on until stage_close */
    curl_global_cleanup();
}
