#include "loader/xingchen/body.h"

static void add_item(struct buffer *out, const struct target_form *form, const struct target_item *item)
{
    struct text payload = item->payload;
    if (item->target_id.size > 0) {
        buffer_add_char(out, '{');
        json_put_text(out, form->id);
        buffer_add_char(out, ':');
        json_put_text(out, item->target_id);
        payload = text_trim((struct text){payload.data + 1, payload.size - 1});
        if (!text_starts(payload, TEXT("}"))) {
            buffer_add_char(out, ',');
        }
    }
    buffer_add_text(out, payload);
}

static void begin_items(struct buffer *out, struct text name)
{
    buffer_add_char(out, '{');
    json_put_text(out, name);
    buffer_add_text(out, TEXT(":["));
}

void body_save(struct buffer *out, const struct target_form *form, const struct target_item *items, size_t count)
{
    if (form->save_items.size == 0) {
        add_item(out, form, &items[0]);
        return;
    }
    begin_items(out, form->save_items);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buffer_add_char(out, ',');
        }
        add_item(out, form, &items[i]);
    }
    buffer_add_text(out, TEXT("]}"));
}

void body_find_one(struct buffer *out, const struct target_form *form, struct text number)
{
    buffer_add_char(out, '{');
    json_put_text(out, form->find_by);
    buffer_add_char(out, ':');
    json_put_text(out, number);
    buffer_add_char(out, '}');
}

void body_find_many(struct buffer *out, const struct target_form *form, const struct text *numbers, size_t count)
{
    begin_items(out, TEXT("items"));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buffer_add_char(out, ',');
        }
        body_find_one(out, form, numbers[i]);
    }
    buffer_add_text(out, TEXT("]}"));
}

void body_list(struct buffer *out, const struct target_form *form, const struct target_ask *ask)
{
    const struct target_list *list = &form->list;
    bool first = true;
    buffer_add_char(out, '{');
    if (list->with.size > 0 && !ask->other) {
        buffer_add_text(out, list->with);
        first = false;
    }
    if (list->search.size > 0 && ask->search.data) {
        json_put_member(out, &first, list->search);
        json_put_text(out, ask->search);
    }
    json_put_member(out, &first, list->page);
    buffer_format(out, "%lld", (long long)ask->no);
    json_put_member(out, &first, list->size);
    buffer_format(out, "%lld}", (long long)ask->size);
}
