#include "loader/ask/ids.h"

#include <stdlib.h>

#include "common/base/container.h"
#include "common/log/log.h"
#include "common/scheme/fixed.h"
#include "loader/ask/reading.h"

struct ids_check {
    struct loader *loader;
    void (*done)(struct loader *loader);
    struct reading reading;
    size_t at;  /* field whose id is looked for */
    bool shown; /* its list has entries */
    struct text id, from;
};

static void next_field(struct ids_check *ids);

static void missing(struct ids_check *ids)
{
    struct loader *loader = ids->loader;
    struct cause cause;
    struct text kind = loader->stage.scheme->target.fields[ids->at].lookup;
    cause_set(&cause, ERR_INPUT, "%.*s is '%.*s', which is none of the target's %.*s; dianchen lookup %.*s lists them",
              TEXT_ARG(ids->from), TEXT_ARG(ids->id), TEXT_ARG(kind), TEXT_ARG(kind));
    loader_fatal(loader, &cause, EXIT_USAGE);
}

static void unread(struct reading *reading, int error, const char *what, struct text why);

static void page_came(struct reading *reading, const struct target_page *page, bool last)
{
    struct ids_check *ids = CONTAINER_OF(reading, struct ids_check, reading);
    if (ids->loader->draining) {
        return;
    }
    ids->shown = ids->shown || page->count > 0;
    for (size_t i = 0; i < page->count; i++) {
        if (text_equal(page->entries[i].id, ids->id)) {
            next_field(ids);
            return;
        }
    }
    if (last && !ids->shown) { /* no book is without any unit: this user is not shown them */
        unread(reading, ERR_NOT_FOUND, "its list is empty", TEXT("the target shows this user none"));
    } else if (last) {
        missing(ids);
    } else {
        reading_next(reading);
    }
}

/* Not shown to us, or not to its end: it may be right. */
static void unread(struct reading *reading, int error, const char *what, struct text why)
{
    struct ids_check *ids = CONTAINER_OF(reading, struct ids_check, reading);
    log_event(EVENT_IDS_UNREAD, "a list of the target can't be read whole, so an id of the scheme stays unchecked",
              "id", LOG_TEXT(ids->id), "field", LOG_TEXT(ids->from), "what", LOG_TEXT(text_of(what)), "why",
              LOG_TEXT(why), "error", LOG_TEXT(text_of(error_text(error))), (const char *)NULL);
    if (!ids->loader->draining) {
        next_field(ids);
    }
}

/* One variable often stands in several fields. */
static bool asked_before(const struct ids_check *ids, const struct scheme_assignment *field, struct text id)
{
    const struct scheme *scheme = ids->loader->stage.scheme;
    for (size_t i = 0; i < ids->at; i++) {
        struct text other, from;
        if (text_equal(scheme->target.fields[i].lookup, field->lookup) &&
            scheme_fixed_id(&scheme->target.fields[i], &other, &from) && text_equal(other, id)) {
            return true;
        }
    }
    return false;
}

static const char *path_of(const struct target_form *form, struct text kind)
{
    for (size_t i = 0; i < form->lookup_count; i++) {
        if (text_equal(form->lookups[i].what, kind)) {
            return form->lookups[i].path.data;
        }
    }
    return NULL;
}

/* Looks on behind the field that was just asked for. */
static void look_on(struct ids_check *ids)
{
    const struct scheme *scheme = ids->loader->stage.scheme;
    for (; ids->at < scheme->target.field_count; ids->at++) {
        const struct scheme_assignment *field = &scheme->target.fields[ids->at];
        const char *path = field->lookup.size > 0 ? path_of(ids->loader->form, field->lookup) : NULL;
        if (path && scheme_fixed_id(field, &ids->id, &ids->from) && !asked_before(ids, field, ids->id)) {
            ids->shown = false;
            reading_start(&ids->reading, path, true);
            return;
        }
    }
    ids->done(ids->loader);
}

static void next_field(struct ids_check *ids)
{
    ids->at++;
    look_on(ids);
}

int ids_start(struct loader *loader, void (*done)(struct loader *loader))
{
    struct ids_check *ids = calloc(1, sizeof *ids);
    if (!ids) {
        return ERR_MEMORY;
    }
    loader->ids = ids;
    ids->loader = loader;
    ids->done = done;
    reading_init(&ids->reading, loader);
    ids->reading.page = page_came;
    ids->reading.failed = unread;
    look_on(ids);
    return 0;
}

void ids_free(struct loader *loader)
{
    struct ids_check *ids = loader->ids;
    if (ids) {
        reading_fini(&ids->reading);
        free(ids);
        loader->ids = NULL;
    }
}
