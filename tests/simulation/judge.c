/* The guarantee: looked at whenever a material is made, a page is closed, a run is closed, and at the end, when all faults
 * are over and the source stands still. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/link/flow.h"
#include "common/run/vanished.h"
#include "sim.h"

enum { PAGE_ROWS = 16, ANSWERS_MAX = 2000 };

/* The keys of a page as an extractor sent it on: the last time under that fence. */
struct sent {
    struct page page;
    size_t count;
    char keys[PAGE_ROWS][32];
};
static struct sent sent[ANSWERS_MAX];
static size_t sent_count;
static int64_t calm_wall;  /* when all faults were over; 0 = they are not */
static int calm_runs;      /* closed, of those that began afterwards */
static bool calm_complete; /* one of them was */
static bool calm_checked;  /* one of them has read all there is: */
static int64_t calm_first; /* this one */

/* How the source had moved when a run asked for its first page. */
static struct start {
    int64_t run;
    struct source_moves moves;
} starts[ANSWERS_MAX];
static size_t start_count;

void judge_reset(void)
{
    sent_count = start_count = 0;
    calm_wall = 0;
    calm_runs = 0;
    calm_complete = calm_checked = false;
}

/* ---- materials ---- */

/* "K12" of "K12v3!"; 0 = made by hand. */
static size_t key_size(const char *name)
{
    return name[0] == 'K' ? strcspn(name, "v") : 0;
}

static bool is_disabled(const char *name)
{
    size_t size = key_size(name);
    return size > 0 && strcmp(name + size, "v0") == 0;
}

void judge_created(const struct material *made)
{
    if (is_disabled(made->name)) {
        sim_break("made: %s, which the source has lost", made->name);
    }
    size_t size = key_size(made->name);
    for (size_t i = 0; i < target_size(); i++) {
        const struct material *other = target_material(i);
        if (other == made || other->gone) {
            continue;
        }
        if (size == key_size(other->name) && strncmp(other->name, made->name, size) == 0) {
            sim_break("doubled: the target holds %.*s twice", (int)size, made->name);
        } else if (strcasecmp(other->number, made->number) == 0) {
            sim_break("doubled: the target holds the number %s for %s and for %s", made->number, other->name,
                      made->name);
        }
    }
}

/* After a run that has read all nobody sends what has not changed since. (A page that was never closed may still bring
 * what the source holds no more.) */
void judge_posted(const char *name)
{
    for (int64_t i = 0; calm_checked && i < source_size(); i++) {
        char content[32];
        source_content(source_shop(i), content);
        if (strcmp(content, name) == 0) {
            sim_break("sent again: %s, though nothing has changed since the run before", name);
        }
    }
}

/* ---- pages ---- */

static bool page_same(const struct page *a, const struct page *b)
{
    return a->run == b->run && a->slice == b->slice && a->no == b->no && a->fence == b->fence;
}

static struct sent *sent_find(const struct page *page)
{
    for (size_t i = sent_count; i-- > 0;) {
        if (page_same(&sent[i].page, page)) {
            return &sent[i];
        }
    }
    return NULL;
}

static void sent_note(const struct page *page, size_t rows, struct text records)
{
    struct sent *it = sent_find(page);
    if (it && it->count >= rows) { /* record by record */
        return;
    }
    if (!it) {
        if (sent_count == ANSWERS_MAX) {
            abort();
        }
        it = &sent[sent_count++];
    }
    *it = (struct sent){.page = *page, .count = rows};
    for (size_t i = 0; i < rows && i < PAGE_ROWS; i++) {
        struct value values[16];
        struct text raw;
        if (wire_take_source(&records, sim.scheme->slot_count, values, &raw) == 0) {
            const struct value *id = &values[sim.scheme->source.id_slot];
            struct text key = id->kind == VALUE_TEXT ? id->text : TEXT("");
            bool whole = key.size < sizeof it->keys[i]; /* else the bytes of what could not be read */
            snprintf(it->keys[i], sizeof it->keys[i], "%.*s", whole ? (int)key.size : 0, key.data);
        }
    }
}

int send_in(struct link_out *link, const struct page *page, size_t rows, struct buffer *records, void *tag)
    WRAPS(link_out_send);
int send_out(struct link_out *link, const struct page *page, size_t rows, struct buffer *records, void *tag)
    WRAPPED(link_out_send);
int send_in(struct link_out *link, const struct page *page, size_t rows, struct buffer *records, void *tag)
{
    if (sim.current->role == ROLE_EXTRACTOR) {
        sent_note(page, rows, buffer_text(records));
    }
    return send_out(link, page, rows, records, tag);
}

static int64_t page_fence(const struct page *page, int64_t *state)
{
    struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(page->no)};
    int64_t found[2] = {0, -1};
    (void)!disk_integers("select state, fence from page where run = $1 and slice = $2 and no = $3", values, 3, found,
                         2);
    *state = found[0];
    return found[1];
}

/* Everything that came with the page has its outcome in this run, and it is in the store. */
static void outcomes_check(const struct sent *it, const char *when)
{
    for (size_t i = 0; i < it->count && i < PAGE_ROWS; i++) {
        if (it->keys[i][0] == '\0') {
            continue;
        }
        struct sql_value key = SQL_STRING(text_of(it->keys[i]));
        int64_t found[2] = {-1, 0};
        (void)!disk_integers("select run, outcome from record where key = $1", &key, 1, found, 2);
        if (found[0] < it->page.run || (found[0] == it->page.run && found[1] == OUTCOME_PENDING)) {
            sim_break("lost: page %lld.%d.%lld#%lld %s, and %s has no outcome in the store", (long long)it->page.run,
                      (int)it->page.slice, (long long)it->page.no, (long long)it->page.fence, when, it->keys[i]);
        }
    }
}

int done_in(struct store *store, const struct page *page, int64_t next_page) WRAPS(page_done);
int done_out(struct store *store, const struct page *page, int64_t next_page) WRAPPED(page_done);
int done_in(struct store *store, const struct page *page, int64_t next_page)
{
    int error = done_out(store, page, next_page);
    if (!error) {
        int64_t state = 0;
        struct page now = *page;
        now.fence = page_fence(page, &state);
        const struct sent *it = sent_find(&now);
        sim.count.pages++;
        sim_note("page %lld.%d.%lld#%lld is done", (long long)page->run, (int)page->slice, (long long)page->no,
                 (long long)page->fence);
        if (it) {
            sim.count.rows += it->count;
            sim.count.parts += source_is_split() ? it->count : 0;
            outcomes_check(it, "is done");
        }
    }
    return error;
}

void judge_asked(const struct page *page)
{
    if (start_count == 0 || starts[start_count - 1].run < page->run) {
        if (start_count == ANSWERS_MAX) {
            abort();
        }
        starts[start_count++] = (struct start){page->run, source_moved()};
    }
    int64_t state = 0, fence = page_fence(page, &state);
    sim_note("asks for page %lld.%d.%lld#%lld", (long long)page->run, (int)page->slice, (long long)page->no,
             (long long)page->fence);
    if (state == PAGE_DONE && fence <= page->fence) {
        sim_break("fetched again: page %lld.%d.%lld, which is finished", (long long)page->run, (int)page->slice,
                  (long long)page->no);
    }
}

void judge_logged(const char *event)
{
    if (strcmp(event, "link.poison") == 0 && sim.current->bereaved < FLOW_POISON) {
        sim_break("poison: a page is set apart after %d unannounced deaths", sim.current->bereaved);
    }
    if (strcmp(event, "link.stuck") == 0) {
        sim_break("stuck: %s ends itself", sim.current->name);
    }
}

/* ---- runs ---- */

struct page_row {
    struct page page;
    int64_t rows, state;
};

/* The rows that came with a page of a closed run, which its count agrees with. */
static int64_t page_check(const struct page_row *row)
{
    const struct page *page = &row->page;
    const struct sent *it = sent_find(page);
    int64_t rows = it ? (int64_t)it->count : 0;
    if (row->state != PAGE_DONE) {
        sim_break("lost: run %lld is closed though its page %d.%lld is open", (long long)page->run, (int)page->slice,
                  (long long)page->no);
    } else if (rows != row->rows) {
        sim_break("miscounted: page %d.%lld of run %lld came with %lld rows and counts as %lld", (int)page->slice,
                  (long long)page->no, (long long)page->run, (long long)rows, (long long)row->rows);
    }
    if (it) {
        outcomes_check(it, "is in a closed run");
    }
    return rows;
}

static int pages_check(struct store *store, int64_t run, int64_t *seen)
{
    static struct page_row pages[ANSWERS_MAX];
    const struct sql_value id = SQL_INTEGER(run);
    size_t count = 0;
    struct sql_rows rows;
    store_ask(store, "select slice, no, fence, rows, state from page where run = $1", &id, 1, &rows);
    while (store_next(&rows) && count < ANSWERS_MAX) {
        const struct sql_value *columns = rows.columns;
        pages[count++] = (struct page_row){.page = {.run = run,
                                                    .slice = (int32_t)columns[0].integer,
                                                    .no = columns[1].integer,
                                                    .fence = columns[2].integer},
                                           .rows = columns[3].integer,
                                           .state = columns[4].integer};
    }
    int error = store_found(&rows);
    for (size_t i = 0; !error && i < count; i++) {
        *seen += page_check(&pages[i]);
    }
    return error;
}

static const struct material *material_of(const char *key)
{
    for (size_t i = 0; i < target_size(); i++) {
        const struct material *material = target_material(i);
        size_t size = key_size(material->name);
        if (size == strlen(key) && strncmp(material->name, key, size) == 0) {
            return material;
        }
    }
    return NULL;
}

/* Every worker that it was given to died: it is rejected for that, and stays so until it changes. */
static bool poisoned(const struct sql_value *key)
{
    int64_t count = 0;
    (void)!disk_integers("select count(*) from reject j join record r on r.id = j.record where r.key = $1 and "
                         "j.class = 'poison'",
                         key, 1, &count, 1);
    return count > 0;
}

/* Its step was refused, or one that is done keeps it from being changed. */
static bool stands_audited(const struct material *material, const struct sql_value *key)
{
    int64_t count = 0;
    (void)!disk_integers("select count(*) from reject j join record r on r.id = j.record where r.key = $1 and "
                         "j.class in ('step', 'locked')",
                         key, 1, &count, 1);
    return target_audits() && material && count > 0 &&
           (audit_refuses(material) || material->audited || material->undone);
}

/* It stood there before us under another spelling, and is not ours to change. */
static bool stands_alike(const char *number)
{
    for (size_t i = 0; i < target_size(); i++) {
        const struct material *material = target_material(i);
        if (!material->ours && strcasecmp(material->number, number) == 0 && strcmp(material->number, number) != 0) {
            return true;
        }
    }
    return false;
}

static void shop_check(const struct shop *shop, int64_t run)
{
    char key[32], content[32], number[32], unit[8] = "";
    int64_t found[3] = {0, 0, 0};
    source_key(shop, key);
    source_content(shop, content);
    source_number(shop, number);
    if (source_unit(shop) >= 0) {
        snprintf(unit, sizeof unit, "U%d", source_unit(shop));
    }
    struct sql_value value = SQL_STRING(text_of(key));
    (void)!disk_integers("select run, outcome, claim from record where key = $1", &value, 1, found, 3);
    const struct material *material = material_of(key);
    if (shop->broken && (source_is_split() || (source_has_windows() && found[0] == 0))) {
        return; /* which parts it has nobody knows; nor whose reject it is, where even the key is cut off */
    }
    /* A window holds what has changed: the outcome may be of any run before. */
    if ((found[0] != run && !source_has_windows()) || found[0] == 0 || found[1] == OUTCOME_PENDING) {
        sim_break("lost: %s has no outcome in run %lld", key, (long long)run);
    } else if (shop->broken) {
        sim.count.unread++;
        if (found[1] != OUTCOME_REJECTED) {
            sim_break("wrong: %s can't be read and has outcome %lld", key, (long long)found[1]);
        }
    } else if (shop->closed != (found[1] == OUTCOME_FILTERED) && !poisoned(&value)) {
        sim_break("wrong: %s is %s and has outcome %lld", key, shop->closed ? "closed" : "open", (long long)found[1]);
    } else if (shop->closed || (material && material->gone)) {
        return; /* what was deleted by hand nobody knows */
    } else if (found[1] == OUTCOME_REJECTED) {
        sim.count.waiting += !target_has_unit(source_unit(shop));
        if (!shop->guilty && target_has_unit(source_unit(shop)) && !source_numbers_clash() && !poisoned(&value) &&
            !stands_alike(number) && !stands_audited(material, &value)) {
            sim_break("lost: %s is rejected for nothing", key);
        }
    } else if (!target_has_unit(source_unit(shop))) {
        sim_break("wrong: %s counts as written, and its unit is not there", key);
    } else if (shop->guilty) {
        sim_break("wrong: %s counts as written, and the target refuses it", key);
    } else if (!material) {
        sim_break("lost: %s counts as written, and the target does not hold it", key);
    } else if (strcmp(material->name, content) != 0 || strcasecmp(material->number, number) != 0) {
        sim_break("stale: %s counts as written, and the target holds %s of number %s, not %s of %s", key,
                  material->name, material->number, content, number);
    } else if (target_audits() && !material->audited && !material->undone) {
        sim_break("lost: %s counts as written, and is not audited", key);
    } else if (strcmp(material->unit, unit) != 0) {
        sim_break("wrong: %s has the unit '%s', not '%s'", key, material->unit, unit);
    }
}

/* Where the source told another number than was seen another run followed by itself. */
static void follow_check(void)
{
    if (source_has_windows()) {
        return; /* the next run reads the same span */
    }
    const struct sql_value split = SQL_INTEGER(source_is_split());
    int64_t missing = 0;
    (void)!disk_integers(
        "select count(*) from run r where state = 2 and source_total >= 0 and follow_up < 2 and not (report like "
        "'%\"complete\":true%') and ($1 = 0 or source_total <> json_extract(report, '$.source_records')) and "
        "source_total <> "
        "json_extract(report, '$.created') + json_extract(report, '$.updated') + json_extract(report, '$.unchanged') + "
        "json_extract(report, '$.filtered') + json_extract(report, '$.rejected') and not exists "
        "(select 1 from run n where n.id = r.id + 1 and n.follow_up = r.follow_up + 1)",
        &split, 1, &missing, 1);
    if (missing > 0) {
        sim_break("lost: the source told another total than was seen, and no run followed");
    }
}

static void rejects_check(void)
{
    int64_t missing = 0;
    (void)!disk_integers(
        "select count(*) from record where outcome = 5 and not exists (select 1 from reject where record = record.id)",
        NULL, 0, &missing, 1);
    if (missing > 0) {
        sim_break("lost: %lld rejected records are not kept as rejects", (long long)missing);
    }
}

/* What the proofs assume: no shop takes another's place while pages are read, and without a right total none leaves its own. */
static bool is_excused(int64_t run)
{
    for (size_t i = 0; i < start_count; i++) {
        if (starts[i].run == run) {
            const struct source_moves before = starts[i].moves, now = source_moved();
            return now.came > before.came || now.moved > before.moved ||
                   (now.left > before.left && !source_total_right());
        }
    }
    return false;
}

/* What is to be disabled is not there. */
static int vanished_check(struct store *store, int64_t run, int64_t next)
{
    const struct sql_value id = SQL_INTEGER(next);
    struct sql_rows rows;
    store_ask(store, "select key from run_key where run = $1", &id, 1, &rows);
    while (store_next(&rows)) {
        char key[32], of[32];
        snprintf(key, sizeof key, "%.*s", TEXT_ARG(rows.columns[0].text));
        sim.count.vanished++;
        sim_note("%s has vanished", key);
        for (int64_t i = 0; i < source_size() && !is_excused(run); i++) {
            source_key(source_shop(i), of);
            if (strcmp(of, key) == 0) {
                sim_break("vanished: %s is to be disabled after run %lld, and the source has it", key, (long long)run);
            }
        }
    }
    return store_found(&rows);
}

int vanish_in(struct store *store, const struct run *run, const struct run_sums *sums, bool moved,
              struct run_vanished *out, struct run *next) WRAPS(run_vanish);
int vanish_out(struct store *store, const struct run *run, const struct run_sums *sums, bool moved,
               struct run_vanished *out, struct run *next) WRAPPED(run_vanish);
int vanish_in(struct store *store, const struct run *run, const struct run_sums *sums, bool moved,
              struct run_vanished *out, struct run *next)
{
    int error = vanish_out(store, run, sums, moved, out, next);
    return error || out->run == 0 ? error : vanished_check(store, run->id, out->run);
}

/* The first run over a source that stands still has told what it lost; when the second is over, that is disabled. */
static void disabled_check(int64_t run)
{
    const struct sql_value first = SQL_INTEGER(calm_first);
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(SLICE_VANISHED)};
    int64_t told = 0, left = 0;
    (void)!disk_integers("select count(*) from run where id = $1 and report like '%\"vanished\":{\"records\"%' and "
                         "report not like '%\"stopped\"%'",
                         &first, 1, &told, 1);
    if (told == 0 || sim.scheme->vanished.then != VANISHED_DISABLE) {
        return;
    }
    (void)!disk_integers(
        "select count(*) from record where held <> 0 and run < $1 and outcome <> 5 and not (slice = $2 "
        "and outcome in (2, 3))",
        values, 2, &left, 1);
    if (left > 0) {
        sim_break("lost: %lld records that the source has lost are not disabled", (long long)left);
    }
    for (size_t i = 0; i < target_size(); i++) {
        const struct material *material = target_material(i);
        const struct sql_value key = SQL_STRING(((struct text){material->name, key_size(material->name)}));
        int64_t found[2] = {0, 0};
        (void)!disk_integers("select coalesce(slice, 0), outcome from record where key = $1", &key, 1, found, 2);
        if (material->ours && !material->gone && found[0] == SLICE_VANISHED && found[1] == OUTCOME_UPDATED &&
            !is_disabled(material->name)) {
            sim_break("stale: %s counts as disabled", material->name);
        }
    }
}

/* The first run that began when all was over: complete, and the target holds what the source says. What follows it has
 * nothing to send. Where pages lack rows it may say that it is not complete: then that holds for one that follows. */
static void calm_check(int64_t run)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t told[3] = {0, 0, 0};
    (void)!disk_integers("select started, report like '%\"complete\":true%', kind from run where id = $1", &id, 1, told,
                         3);
    if (calm_wall == 0 || told[0] < calm_wall || told[2] != RUN_SYNC) {
        return;
    }
    calm_complete = calm_complete || told[1];
    calm_runs++;
    if (calm_checked) {
        if (told[1]) {
            disabled_check(run);
        }
        return;
    }
    if (!told[1] && source_lacks_rows()) {
        return;
    }
    calm_checked = true;
    calm_first = run;
    for (int64_t i = 0; i < source_size(); i++) {
        if (source_shop(i)->key >= 0) {
            shop_check(source_shop(i), run);
        }
    }
    rejects_check();
    if (!told[1] && !source_total_lies()) {
        sim_break("incomplete: run %lld, over a source that stood still", (long long)run);
    }
}

static void count_windows(int64_t run)
{
    const struct sql_value id = SQL_INTEGER(run);
    int64_t windows = 0;
    (void)!disk_integers("select slices from run where id = $1 and window_step > 0", &id, 1, &windows, 1);
    sim.count.windows += (uint64_t)windows;
}

int close_in(struct store *store, int64_t run, int64_t source_total, struct run_sums *sums) WRAPS(run_close);
int close_out(struct store *store, int64_t run, int64_t source_total, struct run_sums *sums) WRAPPED(run_close);
int close_in(struct store *store, int64_t run, int64_t source_total, struct run_sums *sums)
{
    int error = close_out(store, run, source_total, sums);
    if (error) {
        return error;
    }
    struct run_counts counts;
    int64_t seen = 0;
    error = pages_check(store, run, &seen);
    error = error ? error : run_count(store, run, &counts);
    if (error) {
        return error;
    }
    if (counts.seen != seen ||
        counts.distinct != counts.created + counts.updated + counts.unchanged + counts.filtered + counts.rejected) {
        sim_break("miscounted: run %lld saw %lld rows, %lld came", (long long)run, (long long)counts.seen,
                  (long long)seen);
    }
    sim_note("run %lld is closed: %lld seen, %lld created, %lld updated, %lld unchanged, %lld filtered, %lld rejected",
             (long long)run, (long long)counts.seen, (long long)counts.created, (long long)counts.updated,
             (long long)counts.unchanged, (long long)counts.filtered, (long long)counts.rejected);
    sim.count.runs++;
    count_windows(run);
    sim.count.rejected += (uint64_t)counts.rejected;
    sim.count.filtered += (uint64_t)counts.filtered;
    sim.count.unchanged += (uint64_t)counts.unchanged;
    sim.count.repeated += (uint64_t)(counts.seen > counts.distinct ? counts.seen - counts.distinct : 0);
    calm_check(run);
    return 0;
}

void judge_calm(void)
{
    calm_wall = store_wall();
}

bool judge_over(void)
{
    /* A total that is always wrong is believed to be by the second run of three; where pages lack rows the second counts
     * them in another way. */
    bool follows = source_total_lies() || source_lacks_rows();
    bool over = calm_runs > (follows ? 1 + RUN_FOLLOW_MAX + 1 : 1);
    if (over) {
        follow_check();
    }
    if (over && !calm_complete) {
        sim_break("incomplete: %d runs, one after the other, over a source that stood still", calm_runs);
    }
    return over;
}
