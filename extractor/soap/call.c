#include "extractor/soap/call.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "common/scheme/formula/date.h"

enum { SHA1_BYTES = 20, CREATED_ROOM = 40, BASE64_ROOM = 40, SECOND = 1000 /* ms */ };

#define OASIS "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
#define SPACE_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SPACE_12 "http://www.w3.org/2003/05/soap-envelope"

static void put_markup(struct buffer *out, const struct soap_markup *markup, const struct rest_values *values)
{
    for (size_t i = 0; i < markup->count; i++) {
        const struct soap_piece *piece = &markup->items[i];
        size_t before = out->size;
        buffer_add_text(out, piece->open);
        if (!rest_write_xml(out, &piece->value, values)) {
            out->size = before; /* nothing but parameters, and all of them empty */
            continue;
        }
        buffer_add_text(out, piece->close);
    }
}

/* ---- UsernameToken of WS-Security 1.0 ---- */

/* Base64 of SHA-1 over nonce, time and password: what the profile wants, and no more than that is it good for. */
static bool digest_of(const struct soap_call *call, const char *created, char out[BASE64_ROOM])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    const char *password = call->settings->password;
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool good = sha && EVP_DigestInit_ex(sha, EVP_sha1(), NULL) == 1 &&
                EVP_DigestUpdate(sha, call->nonce, SOAP_NONCE) == 1 &&
                EVP_DigestUpdate(sha, created, strlen(created)) == 1 &&
                EVP_DigestUpdate(sha, password, strlen(password)) == 1 && EVP_DigestFinal_ex(sha, hash, NULL) == 1;
    if (good) {
        (void)EVP_EncodeBlock((unsigned char *)out, hash, SHA1_BYTES);
    }
    EVP_MD_CTX_free(sha);
    return good;
}

static void put_token(struct buffer *out, const struct soap_call *call, bool digest)
{
    char date[DATE_ROOM], created[CREATED_ROOM], coded[BASE64_ROOM] = "", nonce[BASE64_ROOM];
    struct text utc = date_print(call->now / SECOND, date);
    (void)snprintf(created, sizeof created, "%.10sT%.8sZ", utc.data, utc.data + 11);
    (void)EVP_EncodeBlock((unsigned char *)nonce, call->nonce, SOAP_NONCE);
    if (digest && !digest_of(call, created, coded)) {
        out->failed = true;
        return;
    }
    buffer_add_text(out, TEXT("<wsse:Security xmlns:wsse=\"" OASIS "wssecurity-secext-1.0.xsd\" xmlns:wsu=\"" OASIS
                              "wssecurity-utility-1.0.xsd\" soap:mustUnderstand=\"1\"><wsse:UsernameToken>"
                              "<wsse:Username>"));
    rest_write_xml_text(out, text_of(call->settings->user));
    buffer_format(out, "</wsse:Username><wsse:Password Type=\"" OASIS "username-token-profile-1.0#Password%s\">",
                  digest ? "Digest" : "Text");
    rest_write_xml_text(out, text_of(digest ? coded : call->settings->password));
    buffer_format(out,
                  "</wsse:Password><wsse:Nonce EncodingType=\"" OASIS
                  "soap-message-security-1.0#Base64Binary\">%s</wsse:Nonce><wsu:Created>%s</wsu:Created>"
                  "</wsse:UsernameToken></wsse:Security>",
                  nonce, created);
}

/* ---- the envelope ---- */

static void put_envelope(struct buffer *out, const struct soap_form *form, const struct soap_call *call,
                         const struct rest_values *values)
{
    bool token = form->security != SOAP_NO_SECURITY, header = token || form->header.count > 0;
    buffer_format(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:soap=\"%s\"",
                  form->twelve ? SPACE_12 : SPACE_11);
    buffer_add_text(out, form->namespaces);
    buffer_add_text(out, header ? TEXT("><soap:Header>") : TEXT(">"));
    put_markup(out, &form->header, values);
    if (token) {
        put_token(out, call, form->security == SOAP_PASSWORD_DIGEST);
    }
    buffer_add_text(out, header ? TEXT("</soap:Header><soap:Body>") : TEXT("<soap:Body>"));
    put_markup(out, &form->body, values);
    buffer_add_text(out, TEXT("</soap:Body></soap:Envelope>"));
}

/* The credentials stand among the parameters, under the names of their settings. */
static void add_credentials(struct values *values, const struct rest_settings *settings)
{
    const struct source_param told[] = {
        {TEXT(SOAP_NAME_USER), text_of(settings->user)},
        {TEXT(SOAP_NAME_PASSWORD), text_of(settings->password)},
        {TEXT(SOAP_NAME_TOKEN), text_of(settings->token)},
    };
    for (size_t i = 0; i < values->count; i++) {
        for (size_t k = 0; k < sizeof told / sizeof *told; k++) {
            if (text_equal(values->items[i].name, told[k].name)) {
                values->items[i].value = told[k].value;
            }
        }
    }
}

int soap_call_write(const struct soap_call *call, struct buffer *url, struct buffer *lines, struct buffer *body)
{
    const struct soap_form *form = call->values.scheme->source.soap;
    struct values_call wanted = call->values;
    struct values gathered;
    bool first;
    wanted.form = &form->rest;
    values_gather(&wanted, &gathered);
    add_credentials(&gathered, call->settings);
    const struct rest_values values = {gathered.items, gathered.count};
    rest_write_address(url, call->settings->url, &form->rest.call, &values, &first);
    buffer_add_char(url, '\0');
    rest_write_headers(lines, &form->rest.call, &values);
    put_envelope(body, form, call, &values);
    return url->failed || lines->failed || body->failed ? ERR_LIMIT : 0;
}
