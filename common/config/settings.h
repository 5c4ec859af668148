/* The settings: one row each, in the order in which they are listed. setting.h makes `enum config_setting_id` of them, setting.c
 * the table; --help, `dianchen settings`, env.example and docs/operation.md (`make docs`) come from it.
 * SETTING(id, members of struct config_setting). */
SETTING(SCHEME, .name = "DIANCHEN_SCHEME", .flag = "--scheme", .section = "All programs",
        .fallback = "schemes/shop-to-material.json",
        .help = "the scheme file, or for services and checks a folder of schemes", .who = BY_ALL, .required = true)
SETTING(STORE, .name = "DIANCHEN_STORE", .flag = "--store", .kind = CONFIG_URL, .fallback = "sqlite:var/dianchen.db",
        .help = "where runs and records are kept, or postgresql://USER@HOST/DATABASE",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN, .required = true)
SETTING(LOG, .name = "DIANCHEN_LOG", .flag = "--log", .fallback = "info", .help = "debug, info, warn or error",
        .who = BY_ALL, .required = true)
SETTING(LANG, .name = "DIANCHEN_LANG", .flag = "--lang", .otherwise = "of LC_ALL, LC_MESSAGES or LANG",
        .help = "language of what is printed: en or zh", .who = BY_ALL)
SETTING(PGPASSWORD, .name = "PGPASSWORD", .kind = CONFIG_SECRET, .help = "password of a PostgreSQL store",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN, .apart = true)
SETTING(PGPASSFILE, .name = "PGPASSFILE", .help = "password file of libpq, in the place of PGPASSWORD",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN, .apart = true)

SETTING(WDT_APP_KEY, .name = "WDT_APP_KEY", .section = "Source: 旺店通·企业奇门", .help = "Taobao app key",
        .who = BY_EXTRACTOR, .required = true)
SETTING(WDT_APP_SECRET, .name = "WDT_APP_SECRET", .kind = CONFIG_SECRET, .help = "Taobao app secret",
        .who = BY_EXTRACTOR, .required = true)
SETTING(WDT_SID, .name = "WDT_SID", .help = "WDT seller account", .who = BY_EXTRACTOR, .required = true)
SETTING(WDT_URL, .name = "WDT_URL", .fallback = "https://hu3cgwt0tc.api.taobao.com/router/qm",
        .help = "the source, whole, with /router/qm", .who = BY_EXTRACTOR, .required = true)
SETTING(WDT_TARGET_APP_KEY, .name = "WDT_TARGET_APP_KEY", .fallback = "21363512", .help = "WDT's own app key",
        .who = BY_EXTRACTOR, .required = true)
SETTING(WDT_SIGN_METHOD, .name = "WDT_SIGN_METHOD", .fallback = "hmac-sha256", .help = "md5, hmac or hmac-sha256",
        .who = BY_EXTRACTOR, .required = true)
SETTING(SOURCE_CALLS_PER_MINUTE, .name = "SOURCE_CALLS_PER_MINUTE", .kind = CONFIG_COUNT, .otherwise = "the scheme's",
        .help = "pace over all extractors; 0 = no limit", .maximum = 1000000, .who = BY_EXTRACTOR)

SETTING(REST_URL, .name = "REST_URL", .section = "Source: an API of JSON over HTTP (driver rest)",
        .help = "its address, which the paths of API files follow", .who = BY_EXTRACTOR)
SETTING(REST_TOKEN, .name = "REST_TOKEN", .kind = CONFIG_SECRET, .help = "for auth of the kinds bearer and header",
        .who = BY_EXTRACTOR)
SETTING(REST_TOKEN_URL, .name = "REST_TOKEN_URL", .help = "for auth of the kind oauth2: where tokens come from",
        .who = BY_EXTRACTOR)
SETTING(REST_USER, .name = "REST_USER", .help = "for auth of the kind basic; client id of the kind oauth2",
        .who = BY_EXTRACTOR)
SETTING(REST_PASSWORD, .name = "REST_PASSWORD", .kind = CONFIG_SECRET, .help = "that user's password or secret",
        .who = BY_EXTRACTOR)
SETTING(REST_ACCOUNT, .name = "REST_ACCOUNT", .otherwise = "REST_URL",
        .help = "names the account that is read, where one address has several", .who = BY_EXTRACTOR)

SETTING(SOAP_URL, .name = "SOAP_URL", .section = "Source: a SOAP service (driver soap)",
        .help = "its address, which the paths of API files follow", .who = BY_EXTRACTOR)
SETTING(SOAP_TOKEN, .name = "SOAP_TOKEN", .kind = CONFIG_SECRET,
        .help = "for auth of the kinds bearer and header, and for {{SOAP_TOKEN}}", .who = BY_EXTRACTOR)
SETTING(SOAP_USER, .name = "SOAP_USER", .help = "for auth of the kinds basic and wsse, and for {{SOAP_USER}}",
        .who = BY_EXTRACTOR)
SETTING(SOAP_PASSWORD, .name = "SOAP_PASSWORD", .kind = CONFIG_SECRET, .help = "that user's password",
        .who = BY_EXTRACTOR)
SETTING(SOAP_ACCOUNT, .name = "SOAP_ACCOUNT", .otherwise = "SOAP_URL",
        .help = "names the account that is read, where one address has several", .who = BY_EXTRACTOR)

SETTING(XINGCHEN_CLIENT_ID, .name = "XINGCHEN_CLIENT_ID", .section = "Target: 金蝶云星辰V1",
        .help = "client id of the app", .who = BY_LOADER, .required = true)
SETTING(XINGCHEN_CLIENT_SECRET, .name = "XINGCHEN_CLIENT_SECRET", .kind = CONFIG_SECRET,
        .help = "client secret of the app", .who = BY_LOADER, .required = true)
SETTING(XINGCHEN_USERNAME, .name = "XINGCHEN_USERNAME", .help = "user that the app works as", .who = BY_LOADER,
        .required = true)
SETTING(XINGCHEN_PASSWORD, .name = "XINGCHEN_PASSWORD", .kind = CONFIG_SECRET, .help = "that user's password",
        .who = BY_LOADER, .required = true)
SETTING(XINGCHEN_ACCOUNT_ID, .name = "XINGCHEN_ACCOUNT_ID", .fill = true,
        .help = "the book that is written into; `dianchen lookup accounts` lists them", .who = BY_LOADER)
SETTING(XINGCHEN_UNIT_ID, .name = "XINGCHEN_UNIT_ID", .fill = true,
        .help = "unit of new materials in the shipped scheme; `dianchen lookup units`",
        .who = BY_TRANSFORMER | BY_LOADER, .of_scheme = true, .apart = true)
SETTING(XINGCHEN_URL, .name = "XINGCHEN_URL", .fallback = "https://api.kingdee.com",
        .help = "base address of the target", .who = BY_LOADER, .required = true)
SETTING(XINGCHEN_GROUP_NAME, .name = "XINGCHEN_GROUP_NAME", .otherwise = "looked up",
        .help = "groupName of the account", .who = BY_LOADER)
SETTING(XINGCHEN_ROUTER_ADDR, .name = "XINGCHEN_ROUTER_ADDR", .help = "sent as X-GW-Router-Addr when set",
        .who = BY_LOADER)
SETTING(TARGET_CALLS_PER_MINUTE, .name = "TARGET_CALLS_PER_MINUTE", .kind = CONFIG_COUNT, .otherwise = "the scheme's",
        .help = "pace over all loaders; 0 = no limit", .maximum = 1000000, .who = BY_LOADER)
SETTING(TARGET_TIMEOUT, .name = "TARGET_TIMEOUT", .kind = CONFIG_DURATION, .fallback = "15s",
        .help = "longest time for one call", .minimum = 100, .maximum = 600000, .who = BY_LOADER, .required = true)
SETTING(TARGET_LATE, .name = "TARGET_LATE", .kind = CONFIG_DURATION, .fallback = "10s",
        .help = "how late the target may still execute a call", .maximum = 600000, .who = BY_LOADER, .required = true)
SETTING(TARGET_VISIBLE, .name = "TARGET_VISIBLE", .kind = CONFIG_DURATION, .fallback = "2s",
        .help = "how late a new material may show up in look-ups", .maximum = 600000, .who = BY_LOADER,
        .required = true)

SETTING(REST_TARGET_URL, .name = "REST_TARGET_URL", .section = "Target: an API of JSON over HTTP (driver rest)",
        .help = "its address, which the paths of its API files follow", .who = BY_LOADER)
SETTING(REST_TARGET_TOKEN, .name = "REST_TARGET_TOKEN", .kind = CONFIG_SECRET,
        .help = "for auth of the kinds bearer and header", .who = BY_LOADER)
SETTING(REST_TARGET_TOKEN_URL, .name = "REST_TARGET_TOKEN_URL",
        .help = "for auth of the kind oauth2: where tokens come from", .who = BY_LOADER)
SETTING(REST_TARGET_USER, .name = "REST_TARGET_USER",
        .help = "for auth of the kind basic; client id of the kind oauth2", .who = BY_LOADER)
SETTING(REST_TARGET_PASSWORD, .name = "REST_TARGET_PASSWORD", .kind = CONFIG_SECRET,
        .help = "that user's password or secret", .who = BY_LOADER)
SETTING(REST_TARGET_ACCOUNT, .name = "REST_TARGET_ACCOUNT", .otherwise = "REST_TARGET_URL",
        .help = "names the account that is written into, where one address has several", .who = BY_LOADER)

SETTING(HTTPS_PROXY, .name = "HTTPS_PROXY", .names = https_proxy_names, .section = "Network",
        .help = "proxy for https:// addresses, also https_proxy and ALL_PROXY; never for loopback",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(HTTP_PROXY, .name = "http_proxy", .names = http_proxy_names,
        .help = "proxy for http:// addresses, also ALL_PROXY; in small letters only; never for loopback",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(NO_PROXY, .name = "NO_PROXY", .names = no_proxy_names,
        .help = "hosts that need no proxy, a comma list, also no_proxy", .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(CA_FILE, .name = "DIANCHEN_CA_FILE", .otherwise = "the system's",
        .help = "file of the certificate authorities to trust", .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(PLAIN_HTTP, .name = "PLAIN_HTTP", .otherwise = "loopback only",
        .help = "allow: http:// addresses of other hosts, where the network itself is private",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN, .apart = true)
SETTING(RECORD, .name = "DIANCHEN_RECORD", .flag = "--record",
        .help = "a folder for every call and reply, secrets wiped", .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(RECORD_FIELDS, .name = "DIANCHEN_RECORD_FIELDS", .flag = "--record-fields", .fallback = "masked",
        .help = "of recorded calls: masked hides personal fields, all does not",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)

SETTING(EXTRACTOR_BIND, .name = "EXTRACTOR_BIND", .section = "Links between the stages", .flag = "--bind",
        .fallback = "ipc://var/link/extractor", .help = "where transformers connect", .who = BY_EXTRACTOR,
        .required = true)
SETTING(TRANSFORMER_UPSTREAM, .name = "TRANSFORMER_UPSTREAM", .flag = "--upstream",
        .fallback = "ipc://var/link/extractor",
        .help = "the extractors: tcp://HOST:PORT or ipc://PATH, a comma list; a DNS name "
                "means all its addresses",
        .who = BY_TRANSFORMER, .required = true)
SETTING(TRANSFORMER_BIND, .name = "TRANSFORMER_BIND", .flag = "--bind", .fallback = "ipc://var/link/transformer",
        .help = "where loaders connect", .who = BY_TRANSFORMER, .required = true)
SETTING(LOADER_UPSTREAM, .name = "LOADER_UPSTREAM", .flag = "--upstream", .fallback = "ipc://var/link/transformer",
        .help = "the transformers: tcp://HOST:PORT or ipc://PATH, a comma list; a DNS name "
                "means all its addresses",
        .who = BY_LOADER, .required = true)
SETTING(LINK_SECURITY, .name = "LINK_SECURITY", .otherwise = "none on loopback and ipc://, curve elsewhere",
        .help = "curve or none", .who = BY_STAGES)
SETTING(LINK_KEY_DIR, .name = "LINK_KEY_DIR", .fallback = "var/keys",
        .help = "folder of the link's keys, as made by `dianchen keys new`; only for curve", .who = BY_ALL,
        .required = true)

SETTING(METRICS_BIND, .name = "METRICS_BIND", .section = "Monitoring", .flag = "--metrics",
        .otherwise = "127.0.0.1:9701, :9702, :9703 by stage", .help = "HOST:PORT of /metrics and /healthz, or off",
        .who = BY_ALL, .required = true)
SETTING(ALERT_URL, .name = "ALERT_URL", .fill = true, .kind = CONFIG_SECRET,
        .help = "group robot that is told of trouble (docs/alerts.md)", .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(ALERT_FORM, .name = "ALERT_FORM", .otherwise = "told by the address", .help = "dingtalk, wecom or feishu",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(ALERT_SECRET, .name = "ALERT_SECRET", .fill = true, .kind = CONFIG_SECRET,
        .help = "signs what the robot is sent: DingTalk 加签, Feishu 签名校验; WeCom has none",
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN)
SETTING(ALERT_AFTER, .name = "ALERT_AFTER", .kind = CONFIG_DURATION, .fallback = "5m",
        .help = "how long a service can't work before the robot is told", .minimum = 100, .maximum = 86400000,
        .who = BY_EXTRACTOR | BY_LOADER | BY_DIANCHEN, .required = true)
SETTING(WEBHOOK_URL, .name = "WEBHOOK_URL", .kind = CONFIG_SECRET,
        .help = "a program that the console tells of runs and rejects (docs/console.md)", .who = BY_DIANCHEN)
SETTING(WEBHOOK_SECRET, .name = "WEBHOOK_SECRET", .kind = CONFIG_SECRET, .help = "signs what it is told: HMAC-SHA256",
        .who = BY_DIANCHEN)
