#include "tests/integration/caller.h"

#include "tests/integration/rig_secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>
#include <openssl/evp.h>

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    return fwrite(data, size, count, user);
}

static void take_value(const char *line, size_t length, const char *name, char *out, size_t room)
{
    size_t skip = strlen(name);
    if (length <= skip || strncasecmp(line, name, skip) != 0) {
        return;
    }
    while (skip < length && line[skip] == ' ') {
        skip++;
    }
    while (length > skip && (line[length - 1] == '\r' || line[length - 1] == '\n')) {
        length--;
    }
    snprintf(out, room, "%.*s", (int)(length - skip), line + skip);
}

static size_t take_header(char *line, size_t size, size_t count, void *user)
{
    struct caller_reply *reply = user;
    take_value(line, size * count, "Content-Type:", reply->type, sizeof reply->type);
    take_value(line, size * count, "Content-Encoding:", reply->encoding, sizeof reply->encoding);
    take_value(line, size * count, "Location:", reply->location, sizeof reply->location);
    take_value(line, size * count, "Retry-After:", reply->retry_after, sizeof reply->retry_after);
    return size * count;
}

static struct caller_reply call(const char *url, const char *body, const char *const *headers, bool decoded)
{
    struct caller_reply reply = {0};
    FILE *memory = open_memstream(&reply.body, &reply.size);
    CURL *easy = curl_easy_init();
    if (memory == NULL || easy == NULL) {
        rig_fail("out of memory");
    }
    struct curl_slist *list = NULL;
    for (; headers != NULL && *headers != NULL; headers++) {
        list = curl_slist_append(list, *headers);
    }
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, memory);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply);
    if (decoded) {
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    }
    if (body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    }
    if (curl_easy_perform(easy) == CURLE_OK) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
    fclose(memory);
    return reply;
}

void caller_free(struct caller_reply *reply)
{
    free(reply->body);
    *reply = (struct caller_reply){0};
}

cJSON *caller_json(const struct caller_reply *reply)
{
    cJSON *tree = cJSON_Parse(reply->body);
    if (tree == NULL) {
        rig_fail("HTTP %ld, not JSON: %.300s", reply->status, reply->body);
    }
    return tree;
}

void caller_manual_names_switches(const char *double_url)
{
    char *manual = rig_read("tests/doubles/README.md");
    cJSON *switches = rig_ask_json(double_url, "switches");
    for (const cJSON *item = switches->child; item != NULL; item = item->next) {
        char row[100];
        snprintf(row, sizeof row, "| `%s` |", item->string);
        if (strstr(manual, row) == NULL) {
            rig_fail("tests/doubles/README.md has no row for the switch %s", item->string);
        }
    }
    cJSON_Delete(switches);
    free(manual);
}

struct caller_reply caller_page(const char *source, int page_no, int page_size, bool decoded)
{
    char timestamp[40];
    char text[600];
    char body[600];
    unsigned char digest[EVP_MAX_MD_SIZE];
    char sign[2 * EVP_MAX_MD_SIZE + 1] = "";
    unsigned length = 0;
    struct tm parts;
    time_t china = time(NULL) + 8L * 3600;
    gmtime_r(&china, &parts);
    strftime(timestamp, sizeof timestamp, "%Y-%m-%d %H:%M:%S", &parts);
    int n =
        snprintf(text, sizeof text,
                 RIG_SOURCE_SECRET "app_key" RIG_APP_KEY "formatjsonmethodwdt.shop.querypage_no%dpage_size%d"
                                   "siddemo_sidsign_methodmd5target_app_key21363512timestamp%sv2.0" RIG_SOURCE_SECRET,
                 page_no, page_size, timestamp);
    if (!EVP_Digest(text, (size_t)n, digest, &length, EVP_md5(), NULL)) {
        rig_fail("no MD5");
    }
    for (unsigned i = 0; i < length; i++) {
        snprintf(sign + 2 * (size_t)i, 3, "%02X", digest[i]);
    }
    snprintf(body, sizeof body,
             "app_key=" RIG_APP_KEY "&format=json&method=wdt.shop.query&page_no=%d&page_size=%d&sid=demo_sid&"
             "sign_method=md5&target_app_key=21363512&timestamp=%s&v=2.0&sign=%s",
             page_no, page_size, timestamp, sign);
    for (char *p = body; *p != '\0'; p++) {
        *p = *p == ' ' ? '+' : *p;
    }
    return call(source, body, NULL, decoded);
}

struct caller_reply caller_post(const char *target, const char *path, const char *token, const char *body)
{
    char url[600];
    snprintf(url, sizeof url, "%s/%s?access_token=%s", target, path, token);
    return call(url, body,
                (const char *[]){"Content-Type: application/json", "accountId: 1234567890123456789",
                                 "groupName: ns-demo", NULL},
                false);
}

struct caller_reply caller_login(const char *target, char token[200])
{
    char url[600];
    snprintf(url, sizeof url,
             "%s/auth/user/access_token?client_id=demo_client_id&client_secret=%s&username=demo_user&password=%s",
             target, "rig%2Btarget%2Fsecret%3D2", "rig%2Bpassword%2Fof%3D3");
    struct caller_reply reply = call(url, NULL, NULL, false);
    cJSON *tree = cJSON_Parse(reply.body);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(tree, "data");
    const char *found = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(data, "access_token"));
    snprintf(token, 200, "%s", found ? found : "");
    cJSON_Delete(tree);
    return reply;
}
