#include "extractor/platform/params.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/config/config.h"

/* Where the values of a slice's variables begin; those of the request itself begin at 0. */
static size_t env_at(const struct scheme *scheme, int slice)
{
    size_t at = scheme->source.request_count;
    for (int i = 0; i < slice; i++) {
        at += scheme->source.slices[i].count;
    }
    return at;
}

static int env_resolve(const struct scheme_param *params, size_t count, const char **out, struct cause *cause)
{
    for (size_t i = 0; i < count; i++) {
        if (params[i].kind != PARAM_ENV) {
            continue;
        }
        char name[200];
        (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(params[i].value));
        out[i] = config_variable_plain(name);
        if (!out[i]) {
            return cause_set(cause, ERR_INPUT, "%s is not set: %s needs it", name, params[i].where.data);
        }
    }
    return 0;
}

int params_open(const struct scheme *scheme, const char ***out, struct cause *cause)
{
    int slices = (int)scheme->source.slice_count;
    const char **env = calloc(env_at(scheme, slices) + 1, sizeof *env);
    if (!env) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    int error = env_resolve(scheme->source.request, scheme->source.request_count, env, cause);
    for (int i = 0; !error && i < slices; i++) {
        error = env_resolve(scheme->source.slices[i].params, scheme->source.slices[i].count, env + env_at(scheme, i),
                            cause);
    }
    if (error) {
        free(env);
        return error;
    }
    *out = env;
    return 0;
}

size_t params_set(struct source_param *params, size_t count, struct text name, struct text value)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(params[i].name, name)) {
            params[i].value = value;
            return count;
        }
    }
    if (count < PARAMS_MAX) {
        params[count++] = (struct source_param){name, value};
    }
    return count;
}

static size_t put(struct source_param *out, size_t count, const struct scheme_param *params, size_t param_count,
                  const char *const *env, const struct params_call *call)
{
    for (size_t i = 0; i < param_count; i++) {
        struct text value = params[i].value;
        if (params[i].kind == PARAM_PAGE_NO) {
            value = call->page;
        } else if (params[i].kind == PARAM_PAGE_SIZE) {
            value = call->size;
        } else if (params[i].kind == PARAM_ENV) {
            value = text_of(env[i]);
        }
        count = params_set(out, count, params[i].name, value);
    }
    return count;
}

static bool is_sliced(const struct scheme *scheme, struct text name)
{
    for (size_t i = 0; i < scheme->source.slice_count; i++) {
        for (size_t k = 0; k < scheme->source.slices[i].count; k++) {
            if (text_equal(scheme->source.slices[i].params[k].name, name)) {
                return true;
            }
        }
    }
    return false;
}

/* One record, whatever slice it is in: the parameters that slices set are not sent. */
static size_t key_put(struct source_param *params, size_t count, const struct scheme *scheme, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (is_sliced(scheme, params[i].name)) {
            params[i].value = TEXT("");
        }
    }
    return params_set(params, count, scheme->source.key_param, text_of(key));
}

size_t params_gather(const struct params_call *call, struct source_param out[PARAMS_MAX])
{
    const struct scheme *scheme = call->scheme;
    size_t count = put(out, 0, scheme->source.request, scheme->source.request_count, call->env, call);
    if (call->key) {
        return key_put(out, count, scheme, call->key);
    }
    const struct scheme_slice *slice = &scheme->source.slices[call->slice];
    count = put(out, count, slice->params, slice->count, call->env + env_at(scheme, call->slice), call);
    if (call->end.size > 0) {
        count = params_set(out, count, scheme->source.window.start, call->start);
        count = params_set(out, count, scheme->source.window.end, call->end);
    }
    return count;
}

struct text params_record_field(const struct scheme *scheme)
{
    size_t prefix = sizeof SCHEME_OUTER - 1;
    for (size_t i = 0; scheme->source.split.size > 0 && i < scheme->slot_count; i++) {
        if (scheme->source.outer[i]) {
            return (struct text){scheme->slots[i].data + prefix, scheme->slots[i].size - prefix};
        }
    }
    return scheme->source.split.size > 0 ? scheme->source.split : scheme->slots[scheme->source.id_slot];
}
