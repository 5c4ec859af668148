#include "tests/integration/rig.h"

#include "tests/integration/rig_secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

void rig_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("rig: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(99);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void rig_pause(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

__attribute__((format(printf, 3, 4))) static void put(char *out, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        rig_fail("a name is too long: %s", out);
    }
}

void rig_open(struct rig *rig, const char *program)
{
    *rig = (struct rig){0};
    char path[PATH_MAX];
    if (realpath(program, path) == NULL) {
        rig_fail("%s: %s", program, strerror(errno));
    }
    put(rig->build, sizeof rig->build, "%s", dirname(dirname(dirname(path)))); /* BUILD/tests/integration/test_x */
    const char *temp = getenv("TMPDIR");
    put(rig->folder, sizeof rig->folder, "%s/dianchen-test-XXXXXX", temp ? temp : "/tmp");
    if (mkdtemp(rig->folder) == NULL) {
        rig_fail("%s: %s", rig->folder, strerror(errno));
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Programs that judge may know secrets; so may the file of variables that a test wrote. */
static const char *secrets_may_stand_in;

static int search_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    bool excused = strstr(path + walk->base, "-double-") != NULL || strcmp(path, secrets_may_stand_in) == 0;
    if (type != FTW_F || !S_ISREG(status->st_mode) || status->st_size == 0 || excused) {
        return 0;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = (size_t)status->st_size;
    char *data = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        rig_fail("%s: %s", path, strerror(errno));
    }
    const char *secret = rig_secret_in(data, size);
    if (secret != NULL) {
        rig_fail("%s holds a secret: %s", path, secret);
    }
    munmap(data, size);
    close(fd);
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void rig_close(struct rig *rig)
{
    for (size_t i = 0; i < rig->process_count; i++) {
        if (rig->processes[i].pid != 0) {
            rig_stop(rig, &rig->processes[i], SIGKILL);
        }
    }
    for (size_t i = 0; i < rig->variable_count; i++) {
        free(rig->variables[i]);
    }
    secrets_may_stand_in = rig->variables_file;
    nftw(rig->folder, search_entry, 16, FTW_PHYS);
    if (getenv("RIG_KEEP") == NULL) {
        nftw(rig->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    *rig = (struct rig){0};
}

void rig_set(struct rig *rig, const char *name, const char *value)
{
    size_t length = strlen(name);
    size_t room = length + strlen(value) + 2;
    char *variable = malloc(room);
    if (variable == NULL) {
        rig_fail("out of memory");
    }
    put(variable, room, "%s=%s", name, value);
    for (size_t i = 0; i < rig->variable_count; i++) {
        if (strncmp(rig->variables[i], name, length) == 0 && rig->variables[i][length] == '=') {
            free(rig->variables[i]);
            rig->variables[i] = variable;
            return;
        }
    }
    if (rig->variable_count == RIG_VARIABLES) {
        rig_fail("too many variables");
    }
    rig->variables[rig->variable_count++] = variable;
}

void rig_move_variables(struct rig *rig, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        rig_fail("%s: %s", path, strerror(errno));
    }
    put(rig->variables_file, sizeof rig->variables_file, "%s", path);
    for (size_t i = 0; i < rig->variable_count; i++) {
        fprintf(file, "%s\n", rig->variables[i]);
        free(rig->variables[i]);
    }
    rig->variable_count = 0;
    fclose(file);
}

void rig_credentials(struct rig *rig, const char *wdt_url, const char *xingchen_url)
{
    const char *pairs[][2] = {
        {"WDT_URL", wdt_url},
        {"WDT_APP_KEY", RIG_APP_KEY},
        {"WDT_APP_SECRET", RIG_SOURCE_SECRET},
        {"WDT_SID", "demo_sid"},
        {"XINGCHEN_URL", xingchen_url},
        {"XINGCHEN_CLIENT_ID", "demo_client_id"},
        {"XINGCHEN_CLIENT_SECRET", RIG_TARGET_SECRET},
        {"XINGCHEN_USERNAME", "demo_user"},
        {"XINGCHEN_PASSWORD", RIG_PASSWORD},
        {"XINGCHEN_ACCOUNT_ID", "1234567890123456789"},
        {"XINGCHEN_UNIT_ID", "1"},
        {"SOURCE_CALLS_PER_MINUTE", "0"},
        {"TARGET_CALLS_PER_MINUTE", "0"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        rig_set(rig, pairs[i][0], pairs[i][1]);
    }
}

static int open_output(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        rig_fail("%s: %s", path, strerror(errno));
    }
    return fd;
}

struct rig_process *rig_start(struct rig *rig, const char *name, const char *const *words)
{
    /* Test programs start many short commands: the place of one that ended is used again. */
    struct rig_process *process = NULL;
    for (size_t i = 0; i < rig->process_count && rig->process_count == RIG_PROCESSES; i++) {
        if (rig->processes[i].pid == 0) {
            process = &rig->processes[i];
            break;
        }
    }
    if (process == NULL) {
        if (rig->process_count == RIG_PROCESSES) {
            rig_fail("too many processes");
        }
        process = &rig->processes[rig->process_count++];
    }
    static int serial;
    serial++;
    *process = (struct rig_process){0};
    bool installed = name[0] == '/';
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    put(process->name, sizeof process->name, "%s", base);
    put(process->out, sizeof process->out, "%s/%s-%d.out", rig->folder, base, serial);
    put(process->err, sizeof process->err, "%s/%s-%d.err", rig->folder, base, serial);
    const char *where = slash ? "" : strstr(name, "-double") ? "tests/doubles/" : "bin/";
    char path[400];
    if (installed) {
        put(path, sizeof path, "%s", name);
    } else {
        put(path, sizeof path, "%s/%s%s", rig->build, where, name);
    }
    if (access(path, X_OK) != 0) {
        rig_fail("%s: %s; %s", path, strerror(errno),
                 installed ? "install it: deploy/packages.sh test" : "build it with make");
    }
    const char *argv[64] = {path};
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        if (i + 2 >= sizeof argv / sizeof *argv) {
            rig_fail("too many words for %s", name);
        }
        argv[i + 1] = words[i];
    }
    int out = open_output(process->out);
    int err = open_output(process->err);
    pid_t pid = fork();
    if (pid < 0) {
        rig_fail("fork: %s", strerror(errno));
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        int in = open("/dev/null", O_RDONLY);
        dup2(in, 0);
        dup2(out, 1);
        dup2(err, 2);
        for (size_t i = 0; i < rig->variable_count; i++) {
            putenv(rig->variables[i]);
        }
        execv(path, (char *const *)argv);
        _exit(127);
    }
    close(out);
    close(err);
    process->pid = pid;
    return process;
}

struct rig_process *rig_double(struct rig *rig, const char *name, const char *const *words, char *url, size_t url_room)
{
    static const char *const secrets[][5] = {
        {"wdt-double", "--secret", RIG_SOURCE_SECRET},
        {"xingchen-double", "--client_secret", RIG_TARGET_SECRET, "--password", RIG_PASSWORD},
        {"robot-double", "--key", RIG_ROBOT_KEY},
    };
    const char *all[64] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        for (size_t k = 1; strcmp(name, secrets[i][0]) == 0 && k < 5 && secrets[i][k] != NULL; k++) {
            all[n++] = secrets[i][k];
        }
    }
    for (size_t i = 0; words != NULL && words[i] != NULL && n + 1 < sizeof all / sizeof *all; i++) {
        all[n++] = words[i];
    }
    struct rig_process *process = rig_start(rig, name, all);
    for (int64_t end = now_ms() + 20000; now_ms() < end; rig_pause(5)) {
        char *text = rig_read(process->out);
        char *line_end = strchr(text, '\n');
        if (line_end != NULL) {
            *line_end = '\0';
            put(url, url_room, "%s", text);
            free(text);
            return process;
        }
        free(text);
        if (waitpid(process->pid, &process->status, WNOHANG) == process->pid) {
            process->pid = 0;
            char *why = rig_read(process->err);
            rig_fail("%s ended at once: %s", name, why);
        }
    }
    rig_fail("%s did not say where it listens", name);
}

int rig_wait(struct rig *rig, struct rig_process *process, int seconds)
{
    (void)rig;
    if (process->pid != 0) {
        int64_t end = now_ms() + seconds * 1000L;
        for (;;) {
            pid_t got = wait4(process->pid, &process->status, WNOHANG, &process->usage);
            if (got == process->pid) {
                break;
            }
            if (now_ms() > end) {
                char *why = rig_read(process->err);
                kill(-process->pid, SIGKILL);
                rig_fail("%s did not end within %d s; its stderr:\n%s", process->name, seconds, why);
            }
            rig_pause(2);
        }
        process->pid = 0;
    }
    return WIFEXITED(process->status) ? WEXITSTATUS(process->status) : 128 + WTERMSIG(process->status);
}

bool rig_ended(struct rig_process *process)
{
    if (process->pid != 0 && wait4(process->pid, &process->status, WNOHANG, &process->usage) == process->pid) {
        process->pid = 0;
    }
    return process->pid == 0;
}

int64_t rig_peak_kib(const struct rig_process *process)
{
    char path[60];
    put(path, sizeof path, "/proc/%d/status", (int)process->pid);
    char *status = rig_read(path);
    const char *at = strstr(status, "VmHWM:");
    int64_t kib = at ? strtoll(at + strlen("VmHWM:"), NULL, 10) : -1;
    free(status);
    return kib;
}

bool rig_is_weighed(const char *program)
{
    return !strstr(program, "/address") && !strstr(program, "/thread");
}

int rig_stop(struct rig *rig, struct rig_process *process, int signal)
{
    if (process->pid != 0) {
        kill(signal == SIGKILL ? -process->pid : process->pid, signal);
    }
    /* Who is killed while he waits for a busy disk ends when that has answered. */
    return rig_wait(rig, process, signal == SIGKILL ? 120 : 20);
}

int rig_run(struct rig *rig, const char *name, const char *const *words, struct rig_process **process)
{
    struct rig_process *started = rig_start(rig, name, words);
    if (process != NULL) {
        *process = started;
    }
    return rig_wait(rig, started, 120);
}

int rig_kill_children(pid_t parent, const char *name)
{
    char path[80];
    put(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    char *list = rig_read(path);
    int killed = 0;
    char *rest = list;
    for (char *end = NULL;; rest = end) {
        long pid = strtol(rest, &end, 10);
        if (end == rest) {
            break;
        }
        put(path, sizeof path, "/proc/%ld/comm", pid);
        FILE *file = fopen(path, "re");
        char comm[40] = "";
        if (file != NULL && fgets(comm, sizeof comm, file) != NULL && strncmp(comm, name, strlen(name)) == 0) {
            killed += kill((pid_t)pid, SIGKILL) == 0;
        }
        if (file != NULL) {
            fclose(file);
        }
    }
    free(list);
    return killed;
}

char *rig_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        rig_fail("%s: %s", path, strerror(errno));
    }
    char *text = NULL;
    size_t room = 0;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &room);
    if (memory == NULL) {
        rig_fail("out of memory");
    }
    char block[8192];
    while ((size = fread(block, 1, sizeof block, file)) > 0) {
        fwrite(block, 1, size, memory);
    }
    fclose(memory);
    fclose(file);
    return text;
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    return fwrite(data, size, count, user);
}

static char *request(const char *url, const char *body, long *status)
{
    char *text = NULL;
    size_t room = 0;
    FILE *memory = open_memstream(&text, &room);
    CURL *easy = curl_easy_init();
    if (memory == NULL || easy == NULL) {
        rig_fail("out of memory");
    }
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, memory);
    if (body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    }
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(easy);
    fclose(memory);
    if (code != CURLE_OK) {
        rig_fail("%s: %s", url, curl_easy_strerror(code));
    }
    return text;
}

char *rig_http(const char *url, const char *body)
{
    long status = 0;
    char *text = request(url, body, &status);
    if (status != 200) {
        rig_fail("%s: HTTP %ld: %s", url, status, text);
    }
    return text;
}

char *rig_http_any(const char *url)
{
    long status = 0;
    return request(url, NULL, &status);
}

char *rig_page(const char *url)
{
    char *text = rig_http(url, NULL);
    const char *secret = rig_secret_in(text, strlen(text));
    if (secret != NULL) {
        rig_fail("%s holds a secret: %s", url, secret);
    }
    return text;
}

char *rig_ask(const char *double_url, const char *path, const char *body)
{
    /* http://127.0.0.1:PORT[/router/qm] */
    const char *host = strstr(double_url, "//");
    const char *rest = host ? strchr(host + 2, '/') : NULL;
    int length = rest ? (int)(rest - double_url) : (int)strlen(double_url);
    char url[400];
    put(url, sizeof url, "%.*s/_/%s", length, double_url, path);
    return rig_http(url, body);
}

cJSON *rig_ask_json(const char *double_url, const char *path)
{
    char *text = rig_ask(double_url, path, NULL);
    cJSON *tree = cJSON_Parse(text);
    if (tree == NULL) {
        rig_fail("%s%s: not JSON: %s", double_url, path, text);
    }
    free(text);
    return tree;
}

int64_t rig_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item)) {
        char *text = cJSON_PrintUnformatted(object);
        rig_fail("no number %s in %s", name, text);
    }
    return (int64_t)item->valuedouble;
}

void rig_await(const char *double_url, const char *name, int64_t wanted)
{
    for (int64_t end = now_ms() + 120000; now_ms() < end; rig_pause(50)) {
        cJSON *report = rig_ask_json(double_url, "report");
        bool there = rig_number(report, name) >= wanted;
        cJSON_Delete(report);
        if (there) {
            return;
        }
    }
    rig_fail("%s never reached %lld", name, (long long)wanted);
}

static void copy_file(const char *from, const char *to, const char *old, const char *new)
{
    char *text = rig_read(from);
    FILE *file = fopen(to, "we");
    if (file == NULL) {
        rig_fail("%s: %s", to, strerror(errno));
    }
    const char *at = old ? strstr(text, old) : NULL;
    if (old != NULL && at == NULL) {
        rig_fail("%s does not hold %s", from, old);
    }
    if (at != NULL) {
        fwrite(text, 1, (size_t)(at - text), file);
        fputs(new, file);
        fputs(at + strlen(old), file);
    } else {
        fputs(text, file);
    }
    fclose(file);
    free(text);
}

void rig_pair(struct rig *rig, const struct rig_pair *pair)
{
    const char *const names[] = {pair->scheme, pair->source, pair->target};
    static const char *const folders[] = {"", "api/", "api/"};
    char source[500];
    char target[500];
    put(target, sizeof target, "%s/schemes", rig->folder);
    mkdir(target, 0700);
    put(target, sizeof target, "%s/schemes/api", rig->folder);
    mkdir(target, 0700);
    for (size_t i = sizeof names / sizeof *names; i-- > 0;) {
        put(source, sizeof source, "schemes/%s%s.json", folders[i], names[i]);
        put(target, sizeof target, "%s/schemes/%s%s.json", rig->folder, folders[i], names[i]);
        copy_file(source, target, i == 0 ? pair->from : NULL, pair->to);
    }
    rig_set(rig, "DIANCHEN_SCHEME", target);
}

void rig_scheme(struct rig *rig, const char *from, const char *to)
{
    rig_pair(rig,
             &(struct rig_pair){"shop-to-material", "wdt.shop.query", "jdy.basedata.material_batch_save", from, to});
}

void rig_store(struct rig *rig, const char *name)
{
    char url[500];
    put(url, sizeof url, "sqlite:%s/%s", rig->folder, name);
    rig_set(rig, "DIANCHEN_STORE", url);
}
