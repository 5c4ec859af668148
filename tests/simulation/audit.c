/* The target audits materials: each once. It executes late, loses replies, refuses some, and is undone by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "common/json/json.h"

enum { IDS_MAX = 16 };

bool audit_refuses(const struct material *material)
{
    return material->name[0] == 'K' && strtol(material->name + 1, NULL, 10) % 11 == 3;
}

struct audited {
    char id[16];
    struct material *material;
    const char *refused;
};

static void judge(struct audited *one, struct text id)
{
    *one = (struct audited){.material = book_by_id(id)};
    snprintf(one->id, sizeof one->id, "%.*s", TEXT_ARG(id));
    if (!one->material) {
        one->refused = "it does not exist: 不存在";
    } else if (audit_refuses(one->material)) {
        one->refused = "库存不足";
    } else if (one->material->audited && book.strict) {
        one->refused = "已审核";
    }
}

static void execute(const struct audited *one)
{
    struct material *material = one->material;
    sim_note("the target audits %s", material->name);
    if (material->audited) {
        sim_break("stepped twice: %s was audited already", material->name);
    }
    material->audited = true;
    material->audit_shown_at = sim.now + (int64_t)sim_dice((uint64_t)sim.times.visible);
    sim.count.audits++;
}

static void put_result(struct buffer *out, const struct audited *ones, size_t count, size_t base, bool nothing)
{
    size_t refused = 0;
    buffer_add_text(out, TEXT("{\"successPkIds\":["));
    for (size_t i = 0, n = 0; i < count; i++) {
        if (!ones[i].refused && !nothing) {
            buffer_format(out, "%s\"%s\"", n++ > 0 ? "," : "", ones[i].id);
        }
        refused += ones[i].refused != NULL;
    }
    buffer_format(out, "],\"success\":%s,\"message\":\"%s\",\"errorInfo\":[", refused > 0 || nothing ? "false" : "true",
                  refused > 0 ? "some refused" : "");
    for (size_t i = 0, n = 0; i < count && !(book.names_guilty == 2 && count > 1); i++) {
        if (ones[i].refused && book.names_guilty == 1) {
            buffer_format(out, "%s{\"id\":\"%zu\",\"msg\":\"%s\"}", n++ > 0 ? "," : "", base + i, ones[i].refused);
        } else if (ones[i].refused) {
            buffer_format(out, "%s{\"id\":\"%s\",\"msg\":\"%s\"}", n++ > 0 ? "," : "", ones[i].id, ones[i].refused);
        }
    }
    buffer_add_text(out, TEXT("]}"));
}

void audit_execute(const cJSON *ids, struct buffer *out)
{
    struct audited ones[IDS_MAX];
    size_t count = 0, refused = 0;
    for (const cJSON *id = ids->child; id && count < IDS_MAX; id = id->next) {
        judge(&ones[count], json_text(id));
        refused += ones[count++].refused != NULL;
    }
    bool nothing = book.whole && refused > 0;
    sim.count.audits_refused += refused;
    for (size_t i = 0; i < count && !nothing && !sim.broken[0]; i++) {
        if (!ones[i].refused) {
            execute(&ones[i]);
        }
    }
    if (!book.as_list) {
        put_result(out, ones, count, 0, nothing);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        buffer_add_char(out, i > 0 ? ',' : '[');
        put_result(out, &ones[i], 1, i, nothing);
    }
    buffer_add_char(out, ']');
}

bool audit_shows(const struct material *material)
{
    return material->audited && sim.now >= material->audit_shown_at;
}

void audit_undo(void)
{
    struct material *material = book.count > 0 ? &book.materials[sim_dice(book.count)] : NULL;
    if (material && material->audited) {
        sim_note("somebody undoes the audit of %s", material->name);
        material->audited = false;
        material->undone = true;
        sim.count.audits_undone++;
    }
}
