#include "tests/integration/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void world_open(struct world *w, const char *program, const char *const *source, const char *const *target)
{
    rig_open(&w->rig, program);
    rig_double(&w->rig, "wdt-double", source, w->source, sizeof w->source);
    rig_double(&w->rig, "xingchen-double", target, w->target, sizeof w->target);
    rig_credentials(&w->rig, w->source, w->target);
    rig_scheme(&w->rig, NULL, NULL);
    rig_store(&w->rig, "dianchen.db");
}

static void check_code(const char *what, int code, int wanted, const struct rig_process *process)
{
    if (code != wanted) {
        char *out = rig_read(process->out);
        char *err = rig_read(process->err);
        print_error("%s: exit code %d, not %d\nstdout: %s\nstderr: %s\n", what, code, wanted, out, err);
        free(out);
        free(err);
    }
    assert_int_equal(code, wanted);
}

void world_scheme_file(struct world *w, const char *name, const char *text)
{
    char path[sizeof w->rig.folder + 200];
    snprintf(path, sizeof path, "%s/schemes/%s", w->rig.folder, name);
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        fail_msg("%s can't be written", path);
    }
}

void world_scheme_edit(struct world *w, const char *scheme, const char *from, const char *to)
{
    static char text[64 << 10];
    char path[sizeof w->rig.folder + 200];
    snprintf(path, sizeof path, "%s/schemes/%s.json", w->rig.folder, scheme);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    char *at = strstr(text, from);
    if (!at) {
        fail_msg("%s: no %s", path, from);
    }
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(at && fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
    fclose(file);
}

void world_open_folder(struct world *w, const char *program, const char *records)
{
    world_open(w, program, (const char *[]){"--shops", records, "--warehouses", records, NULL},
               (const char *[]){"--duplicates", "take", NULL});
    rig_pair(&w->rig,
             &(struct rig_pair){"shop-to-material", "wdt.shop.query", "jdy.basedata.material_batch_save", NULL, NULL});
    rig_pair(&w->rig,
             &(struct rig_pair){"warehouse-to-store", "wdt.warehouse.query", "jdy.basedata.store_save", NULL, NULL});
    rig_pair(&w->rig,
             &(struct rig_pair){"shop-to-customer", "wdt.shop.query", "jdy.basedata.customer_batch_save", NULL, NULL});
    world_scheme_edit(w, "shop-to-material", "\"schedule\"", "\"after\": [\"warehouse-to-store\"], \"schedule\"");
    world_scheme_edit(w, "warehouse-to-store", "\"schedule\"", "\"after\": [\"shop-to-customer\"], \"schedule\"");
}

char *world_command(struct world *w, int exit_code, bool err, const char *const *words)
{
    struct rig_process *process = NULL;
    int code = rig_run(&w->rig, "dianchen", words, &process);
    check_code(words[0], code, exit_code, process);
    return rig_read(err ? process->err : process->out);
}

void world_shell(struct world *w, const char *format, ...)
{
    char command[1500];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(command, sizeof command, format, list);
    va_end(list);
    assert_in_range(size, 1, sizeof command - 1);
    struct rig_process *process = NULL;
    int code = rig_run(&w->rig, "/bin/sh", (const char *[]){"-c", command, NULL}, &process);
    check_code(command, code, 0, process);
}

char *world_wait(struct world *w, struct rig_process *process, int exit_code, int seconds)
{
    check_code(process->name, rig_wait(&w->rig, process, seconds), exit_code, process);
    return rig_read(process->out);
}

cJSON *world_json(char *text)
{
    cJSON *tree = cJSON_Parse(text);
    if (tree == NULL) {
        print_error("not JSON: %s\n", text);
    }
    assert_non_null(tree);
    free(text);
    return tree;
}

static int64_t number_at(const char *url, const char *name)
{
    cJSON *report = rig_ask_json(url, "report");
    int64_t n = rig_number(report, name);
    cJSON_Delete(report);
    return n;
}

int64_t source_number(struct world *w, const char *name)
{
    return number_at(w->source, name);
}

int64_t target_number(struct world *w, const char *name)
{
    return number_at(w->target, name);
}

void await_source(struct world *w, const char *name, int64_t wanted)
{
    rig_await(w->source, name, wanted);
}

void await_target(struct world *w, const char *name, int64_t wanted)
{
    rig_await(w->target, name, wanted);
}

void world_check_says(struct world *w, int exit_code, const char *text)
{
    char *said = COMMAND(w, exit_code, "check");
    if (!strstr(said, text)) {
        fail_msg("check does not say '%s': %s", text, said);
    }
    free(said);
}
