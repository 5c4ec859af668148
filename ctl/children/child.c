#include "ctl/children/child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/config/setting.h"

int child_path(const char *stage, char *out, size_t room, struct cause *cause)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0) {
        return cause_set(cause, ERR_IO, "/proc/self/exe: %s", strerror(errno));
    }
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    int n = snprintf(out, room, "%.*s/%s", (int)(slash - self), self, stage);
    if (n < 0 || (size_t)n >= room) {
        return cause_set(cause, ERR_IO, "the path of %s is too long", stage);
    }
    if (access(out, X_OK) != 0) {
        return cause_set(cause, ERR_INPUT,
                         "%s: %s; dianchen expects the stage programs beside itself: run make, or make install", out,
                         strerror(errno));
    }
    return 0;
}

size_t child_put_env_file(const char **argv, size_t n)
{
    if (config_env_file() != NULL) {
        argv[n++] = "--env-file";
        argv[n++] = config_env_file();
    }
    return n;
}

int child_record(const struct record_options *options, struct cause *cause)
{
    bool set = !options->folder || (setenv("DIANCHEN_RECORD", options->folder, 1) == 0 &&
                                    setenv("DIANCHEN_RECORD_FIELDS", options->fields, 1) == 0);
    return set ? 0 : cause_set(cause, ERR_MEMORY, "out of memory");
}

/* A secret in the environment of a program that does not need it is one more that can leak. */
static void keep_own_settings(const char *stage)
{
    static const struct {
        const char *stage;
        unsigned bit;
    } stages[] = {{"extractor", BY_EXTRACTOR}, {"transformer", BY_TRANSFORMER}, {"loader", BY_LOADER}};
    unsigned who = BY_ALL;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        who = strcmp(stages[i].stage, stage) == 0 ? stages[i].bit : who;
    }
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct config_setting *setting = &config_settings[i];
        const char *const alone[] = {setting->name, NULL};
        for (const char *const *name = setting->names ? setting->names : alone; !(setting->who & who) && *name;
             name++) {
            char file[100];
            (void)snprintf(file, sizeof file, "%s_FILE", *name);
            (void)unsetenv(*name);
            (void)unsetenv(file);
        }
    }
}

pid_t child_fork(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    int error = errno;
    if (pid != 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
    errno = error;
    return pid;
}

void child_become(pid_t parent, const char *stage)
{
    keep_own_settings(stage);
    (void)setenv(CONFIG_CHILD, "1", 1);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) { /* it died before prctl */
        _exit(EXIT_UNFINISHED);
    }
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
