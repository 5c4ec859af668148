#include "common/scheme/env.h"

#include "common/base/secret.h"
#include "common/config/setting.h"
#include "common/scheme/template.h"

static bool among(const char *const *names, struct text name)
{
    for (; names && *names; names++) {
        if (text_equal(name, text_of(*names))) {
            return true;
        }
    }
    return false;
}

/* The setting of a program that has this name, other than those that are there for schemes. */
static bool is_setting(struct text name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct config_setting *setting = &config_settings[i];
        if (!setting->of_scheme && (text_equal(name, text_of(setting->name)) || among(setting->names, name))) {
            return true;
        }
    }
    return false;
}

static bool ends_with(struct text name, struct text end)
{
    return name.size >= end.size && text_equal((struct text){name.data + name.size - end.size, end.size}, end);
}

bool scheme_variable_secret(struct text name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct config_setting *setting = &config_settings[i];
        if (setting->name && text_equal(name, text_of(setting->name))) {
            return setting->kind == CONFIG_SECRET || setting->kind == CONFIG_URL;
        }
    }
    return secret_named(name);
}

static void check_name(struct scheme_compile *c, const cJSON *item)
{
    struct text name = json_text(item);
    if (!cJSON_IsString(item) || !scheme_variable_good(name)) {
        scheme_fault(&c->faults, &c->file, item, "a variable's name has capital letters, digits and _ only");
    } else if (scheme_variable_secret(name)) {
        scheme_fault(&c->faults, &c->file, item, "%.*s: a secret can't be the value of a field", TEXT_ARG(name));
    } else if (is_setting(name)) {
        scheme_fault(&c->faults, &c->file, item,
                     "%.*s is a setting of the programs: give the scheme a variable of its own", TEXT_ARG(name));
    } else if (ends_with(name, TEXT("_FILE"))) {
        scheme_fault(&c->faults, &c->file, item,
                     "%.*s: no file is read for a scheme: name a variable that holds the value", TEXT_ARG(name));
    }
}

void scheme_compile_env(struct scheme_compile *c, const cJSON *list)
{
    c->env = list;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        check_name(c, item);
    }
}

bool scheme_env_listed(const struct scheme_compile *c, struct text name, struct cause *why)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, c->env)
    {
        if (text_equal(json_text(item), name)) {
            return true;
        }
    }
    cause_set(why, ERR_REFUSED,
              "the scheme does not list this variable: add \"env\": [\"%.*s\"] to it, beside \"name\"", TEXT_ARG(name));
    return false;
}
