// The API against its own document: every operation is called on the real program, and what comes back is held against what the
// document says. Then what strangers try. api.mjs BUILD
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import { HOSTILE, World, runCases, test, until, wait } from "./world.mjs";

const world = new World(process.argv[2]);
await world.doubles(["--shops", "230"], ["--reject_numbers", "S000003,S000110"]);
const edit = new URLSearchParams({ shop_no: "S000003", shop_name: HOSTILE });
await world.switches(world.variables.WDT_URL, `edit?${edit}`);
assert.equal(world.dianchen(["run"]).code, 3);
const admin = world.token("tests");
const reader = world.token("looker", "--read-only");
let console_ = await world.console();
const port = Number(new URL(console_.address).port);

const called = new Set();
const ajv = new Ajv2020({ strict: false });
let document;

// The operation of a path of the document, e.g. "GET runs/7" is getRun.
function operationOf(method, path) {
  const parts = path.split("?")[0].split("/");
  let found = null;
  for (const [template, methods] of Object.entries(document.paths)) {
    const names = template.slice(1).split("/");
    const fits = names.length === parts.length && names.every((name, i) => name.startsWith("{") || name === parts[i]);
    if (fits && methods[method.toLowerCase()] && (!found || !template.includes("{"))) found = methods[method.toLowerCase()];
  }
  return found;
}

async function call(method, path, { token = admin, body, headers = {}, wanted } = {}) {
  const answer = await fetch(`${console_.address}/api/v1/${path}`, {
    method, redirect: "error",
    headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const type = answer.headers.get("Content-Type") || "";
  const operation = operationOf(method, path);
  const text = await answer.text();
  const value = type.includes("json") ? JSON.parse(text) : text;
  if (wanted) assert.equal(answer.status, wanted, `${method} ${path}: ${text.slice(0, 400)}`);
  if (operation && answer.ok) {
    called.add(operation.operationId);
    const said = operation.responses[String(answer.status)];
    assert.ok(said, `${operation.operationId} does not tell of ${answer.status}`);
    const [media, content] = Object.entries(said.content)[0];
    assert.ok(type.startsWith(media), `${operation.operationId}: ${type}`);
    if (media === "application/json") hold(content.schema, value, operation.operationId);
  } else if (!answer.ok) {
    assert.ok(type.startsWith("application/problem+json"), `${method} ${path}: ${type}`);
    hold({ $ref: "#/components/schemas/Problem" }, value, "Problem");
    assert.equal(value.status, answer.status);
  }
  return { status: answer.status, value, headers: answer.headers };
}

function hold(schema, value, what) {
  const check = ajv.compile({ ...schema, components: document.components });
  assert.ok(check(value), `${what}: ${JSON.stringify(check.errors)} in ${JSON.stringify(value).slice(0, 500)}`);
}

// A request as a program without fetch's scruples sends it: any Host, any header.
function raw(path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const one = request({ host: "127.0.0.1", port, path, method, headers }, (answer) => {
      let text = "";
      answer.on("data", (some) => { text += some; });
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    one.on("error", reject);
    one.end(body);
  });
}

async function session(token) {
  const answer = await raw("/api/v1/session", { method: "POST", headers: { "X-Dianchen": "1", "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
  const key = answer.status === 200 ? JSON.parse(answer.text).data.key : "";
  return { ...answer, key, cookie: (answer.headers["set-cookie"] || [""])[0] };
}

test("the document is OpenAPI 3.1 and says everything twice nowhere", async () => {
  document = JSON.parse((await raw("/api/v1/openapi.json")).text);
  const verdict = await new Validator().validate(structuredClone(document));
  assert.ok(verdict.valid, JSON.stringify(verdict.errors));
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.length >= 25);
});

test("what reads: schemes, runs, records, rejects, each as the document says", async () => {
  await call("GET", "health", { token: null, wanted: 200 });
  await call("GET", "openapi.json", { token: null, wanted: 200 });
  const status = (await call("GET", "status", { wanted: 200 })).value.data;
  assert.equal(status.rejects_open, 2);
  assert.equal(status.schemes.length, 1);
  assert.equal(status.schemes[0].run.report.created, 228);
  const schemes = (await call("GET", "schemes", { wanted: 200 })).value.data;
  assert.deepEqual(schemes.map((one) => [one.file, one.fault]), [["shop-to-material", null]]);
  const scheme = (await call("GET", "schemes/shop-to-material", { wanted: 200 })).value.data;
  assert.equal(scheme.text, world.read("schemes/shop-to-material.json"));
  assert.equal(scheme.document.target.request.number, "{{shop_no}}");
  const api = (await call("GET", `apis/${encodeURIComponent(scheme.target_api)}`, { wanted: 200 })).value.data;
  assert.equal(Object.keys(api.document.request).length, 65);
  const runs = (await call("GET", "runs?limit=10", { wanted: 200 })).value;
  assert.equal(runs.data.length, 1);
  assert.equal(runs.next, null);
  const run = (await call("GET", `runs/${runs.data[0].id}`, { wanted: 200 })).value.data;
  assert.equal(run.run.report.seen, 230);
  assert.equal(run.reasons.reduce((sum, one) => sum + one.count, 0), 2);
  assert.ok(run.slowest.length > 0);
  const page = await call("GET", `runs/${runs.data[0].id}/report.html?lang=zh`, { wanted: 200 });
  assert.match(page.value, /^<!doctype html>/i);
  assert.match(page.headers.get("Content-Security-Policy"), /sandbox/);
  assert.match(page.headers.get("Content-Disposition"), /^attachment/);
  const functions = (await call("GET", "formulas/functions", { wanted: 200 })).value.data;
  assert.ok(functions.some((one) => one.name === "ROUND"));
  await call("GET", "jobs", { wanted: 200 });
  await call("GET", "session", { wanted: 200 });
});

test("lists go on where they stopped, and nothing is shown twice", async () => {
  const keys = [];
  for (let cursor = ""; cursor !== null;) {
    const page = (await call("GET", `records?limit=100${cursor ? `&cursor=${cursor}` : ""}`, { wanted: 200 })).value;
    keys.push(...page.data.map((one) => one.key));
    cursor = page.next;
  }
  assert.equal(keys.length, 230);
  assert.equal(new Set(keys).size, 230);
  const first = (await call("GET", "rejects?limit=1", { wanted: 200 })).value;
  const second = (await call("GET", `rejects?limit=1&cursor=${first.next}`, { wanted: 200 })).value;
  assert.deepEqual([first.data[0].key, second.data[0].key].sort(), ["S000003", "S000110"]);
  assert.equal(second.next, null);
});

test("one record: by key and number; one reject with source and payload, as they are", async () => {
  const by = async (q) => (await call("GET", `records?q=${encodeURIComponent(q)}`, { wanted: 200 })).value.data;
  const one = (await by("S000001"))[0];
  assert.equal(one.outcome, "created");
  assert.deepEqual(await by("S00000"), []);
  const known = (await call("GET", "records/S000001", { wanted: 200 })).value.data;
  assert.equal(known.records[0].outcome, "created");
  await call("GET", "records/none%2Fsuch", { wanted: 404 });
  const reasons = (await call("GET", "rejects/reasons", { wanted: 200 })).value.data;
  assert.equal(reasons.reduce((sum, group) => sum + group.count, 0), 2);
  const group = new URLSearchParams({ class: reasons[0].class, code: reasons[0].code });
  assert.equal((await call("GET", `rejects?${group}`, { wanted: 200 })).value.data.length, reasons[0].count);
  const reject = (await call("GET", "rejects?q=S000003", { wanted: 200 })).value.data[0];
  const whole = (await call("GET", `rejects/${reject.id}`, { wanted: 200 })).value.data;
  assert.equal(whole.source.shop_name, HOSTILE);
  assert.equal(whole.payload.number, "S000003");
  const csv = (await call("GET", "rejects/table.csv", { wanted: 200 })).value;
  assert.equal(csv.trim().split("\r\n").length, 3);
});

test("a preview and a formula on a record of the source", async () => {
  const pairs = (await call("POST", "schemes/shop-to-material/preview?limit=3", { wanted: 200 })).value.data;
  assert.equal(pairs.length, 3);
  assert.equal(pairs[0].mapped.payload.number, pairs[0].source.shop_no);
  const evaluate = async (body, wanted = 200) => (await call("POST", "formulas/eval", { body, wanted })).value;
  const good = (await evaluate({ formula: "=UPPER(shop_no) & \"!\"", scheme: "shop-to-material", record: { shop_no: "s1" } })).data;
  assert.deepEqual([good.ok, good.value, good.type], [true, "S1!", "text"]);
  const fault = (await evaluate({ formula: "=TRIM(shop_nmae)", scheme: "shop-to-material" })).data;
  assert.equal(fault.ok, false);
  assert.match(fault.message, /shop_name/);
  assert.equal((await evaluate({ formula: "=1/0" })).data.error, "formula.divide");
  await evaluate({ formula: "no formula" }, 422);
});

const place = "schemes/shop-to-material";
const draft = async (body, wanted = 200) => (await call("POST", `${place}/draft`, { body, wanted })).value.data;
const setName = (value) => ({ at: ["target", "request"], name: "name", ...(value === undefined ? {} : { value }) });
const save = (text, etag, { wanted = 200, token = admin } = {}) => call("PUT", place, { body: { text }, headers: etag ? { "If-Match": etag } : {}, wanted, token });

test("a draft: changes leave comments alone, its faults stand at their place, records and tests go through it, nothing is saved", async () => {
  const before = world.read("schemes/shop-to-material.json");
  const records = (await call("POST", `${place}/preview?limit=2`, { wanted: 200 })).value.data.map((one) => one.source);
  const good = await draft({ records, changes: [setName('=shop_no & "!"'), { at: ["tables", "platform"], name: "999", value: "x" }, { at: ["tables", "fresh"], name: "a", value: "b" }] });
  assert.deepEqual(good.results.map((one) => one.payload.name), ["S000001!", "S000002!"]);
  assert.deepEqual(good.faults, []);
  assert.deepEqual(good.document.tables.fresh, { a: "b" });
  assert.equal(good.document.tables.platform["999"], "x");
  assert.ok(good.text.includes("// moving average"));
  assert.equal(good.tests.failed, 2); // a trimmed name is wanted, and one without a name refused
  assert.match(good.tests.failures[0].why, /name/);
  assert.ok(good.difference.some((line) => line.kind === "removed" && line.text.includes("=TRIM(shop_name)")));
  assert.deepEqual(good.theirs, []);
  const bad = await draft({ records, changes: [setName("=TRIM(shop_nmae)")] });
  const fault = bad.faults.find((one) => one.path === "/target/request/name");
  assert.equal(fault.column, 7);
  assert.match(fault.message, /^shop_nmae: .*shop_name/);
  assert.match(good.text.split("\n")[fault.line - 1], /"name"/);
  assert.equal(bad.results, null);
  const gone = await draft({ changes: [setName(), { at: ["tables"], name: "none" }] });
  assert.ok(gone.faults.some((one) => /name/.test(one.message)));
  const broken = await draft({ text: before.replace('"id": "shop_no",', '"id": "shop_no"') });
  assert.match(broken.faults[0].message, /comma/);
  assert.equal(broken.document, null);
  assert.equal((await call("POST", `${place}/draft`, { body: { text: "[1]", changes: [setName("x")] }, wanted: 422 })).value.code, "changes");
  await call("POST", "schemes/none/draft", { body: {}, wanted: 404 });
  assert.equal(world.read("schemes/shop-to-material.json"), before);
  assert.deepEqual(readdirSync(world.temporary), []);
});

test("a record becomes a test of the scheme: put behind the others, run at once, taken away by its place", async () => {
  const at = ["tests"], source = { shop_no: "S77", shop_name: " x " };
  const kept = await draft({ changes: [{ at, name: "-", value: { name: "mine", record: source, expect: { name: "x" } } }] });
  assert.deepEqual([kept.faults, kept.tests.failed, kept.document.tests.at(-1).name], [[], 0, "mine"]);
  assert.ok(kept.text.includes("// moving average"));
  assert.equal(kept.difference.filter((line) => line.kind === "added").length, 2); // a comma behind the one before, and itself
  const wrong = await draft({ text: kept.text, changes: [{ at, name: String(kept.document.tests.length - 1), value: { name: "mine", record: source, expect: { name: "y" } } }] });
  assert.match(wrong.tests.failures[0].why, /name/);
  const gone = await draft({ text: kept.text, changes: [{ at, name: String(kept.document.tests.length - 1) }] });
  assert.deepEqual(gone.difference, []);
  assert.equal((await call("POST", `${place}/draft`, { body: { changes: [{ at, name: "99", value: {} }] }, wanted: 422 })).value.code, "changes");
  const fresh = await draft({ changes: [{ at: [], name: "tests" }, { at, name: "-", value: { name: "one", record: source, expect: { name: "x" } } }] });
  assert.deepEqual(fresh.document.tests.map((one) => one.name), ["one"]);
});

test("a dry run of a draft tells what it would change in the target, and changes nothing", async () => {
  const one = await draft({ changes: [setName('=shop_name & "-x"')] });
  const { job } = (await call("POST", `${place}/dry-run`, { body: { text: one.text, limit: 20 }, wanted: 202 })).value.data;
  const ended = await until("the dry run", async () => (await call("GET", "jobs")).value.data.find((other) => other.id === job && other.state === "ended"));
  assert.ok(ended.report.updated > 0, JSON.stringify(ended));
  const change = ended.report.changes.find((other) => other.number === "S000001");
  assert.equal(change.stands, true);
  assert.deepEqual(change.fields.map((field) => [field.name, field.after]), [["name", `${change.fields[0].before}-x`]]);
  assert.deepEqual(ended.report.creates.map((other) => other.number), ["S000003"]); // refused until now
  assert.ok(ended.report.creates[0].fields.some((field) => field.name === "name" && field.after.endsWith("-x")));
  assert.equal((await call("POST", `${place}/dry-run`, { body: { text: one.text, limit: 0 }, wanted: 422 })).value.code, "limit");
  const lines = (await call("GET", "audit", { wanted: 200 })).value.data.filter((line) => line.did === "run.start");
  assert.deepEqual(lines.map((line) => [line.who, line.did, line.subject, line.after]), [["tests", "run.start", ended.scheme, "a dry run of a draft, of 20 records at most"]]);
  assert.equal((await call("GET", "runs?limit=10")).value.data.length, 1);
});

test("saving replaces the file whole, keeps its mode, the history and an audit line; nobody overwrites another's change", async () => {
  const path = join(world.folder, "schemes/shop-to-material.json");
  const first = (await call("GET", place, { wanted: 200 })).value.data;
  chmodSync(path, 0o640);
  const inode = statSync(path).ino;
  const mine = (await draft({ text: first.text, changes: [setName("=UPPER(TRIM(shop_name))")] })).text;
  assert.equal((await save(mine, null, { wanted: 428 })).value.code, "if-match");
  assert.equal((await save(mine, first.etag, { wanted: 403, token: reader })).value.code, "role");
  const fault = (await save(first.text.replace("TRIM(shop_name)", "TRIM(shop_nmae)"), first.etag, { wanted: 422 })).value;
  assert.deepEqual([fault.code, fault.path, fault.column], ["scheme-fault", "/target/request/name", 7]);
  assert.equal(world.read("schemes/shop-to-material.json"), first.text);
  const saved = await save(mine, first.etag);
  assert.deepEqual([saved.value.data.added, saved.value.data.removed], [1, 1]);
  assert.equal(saved.headers.get("ETag"), saved.value.data.etag);
  assert.equal(world.read("schemes/shop-to-material.json"), mine);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.notEqual(statSync(path).ino, inode); // another file came in its place
  assert.deepEqual(readdirSync(join(world.folder, "schemes")).filter((name) => name.endsWith(".new")), []);
  // The second editor began from the first text: told, not heard, and shown both sides.
  const theirs = [{ at: ["target", "request"], name: "helpcode", value: "=LOWER(shop_no)" }];
  const second = (await draft({ text: first.text, changes: theirs })).text;
  const refused = (await save(second, first.etag, { wanted: 412 })).value;
  assert.equal(refused.code, "changed");
  assert.match(refused.detail, /by tests/);
  assert.equal(world.read("schemes/shop-to-material.json"), mine);
  const both = await draft({ base: first.text, changes: theirs });
  assert.ok(both.theirs.some((line) => line.kind === "added" && line.text.includes("=UPPER(TRIM(shop_name))")));
  assert.deepEqual(both.difference.filter((line) => line.kind === "added").map((line) => line.text.trim()), ['"helpcode": "=LOWER(shop_no)",']);
  assert.equal(both.saved_by, "tests");
  const again = await save(both.text, both.etag);
  // One that was changed by hand is a version, too; and what was is put back by saving it.
  world.write("schemes/shop-to-material.json", `${both.text}\n`);
  assert.match((await save(first.text, again.value.data.etag, { wanted: 412 })).value.detail, /not on this console/);
  const now = (await call("GET", place)).value.data.etag;
  const versions = async () => (await call("GET", `${place}/versions?limit=2`, { wanted: 200 })).value;
  const oldest = await (async () => { let all = [], cursor = ""; do { const one = (await call("GET", `${place}/versions?limit=2${cursor && `&cursor=${cursor}`}`)).value; all = all.concat(one.data); cursor = one.next; } while (cursor); return all.at(-1); })();
  assert.equal(oldest.who, null);
  const old = (await call("GET", `${place}/versions/${oldest.id}?against=saved`, { wanted: 200 })).value.data;
  assert.equal(old.text, first.text);
  assert.ok(old.difference.some((line) => line.kind === "removed" && line.text.includes("UPPER")));
  await save(old.text, now);
  assert.equal(world.read("schemes/shop-to-material.json"), first.text);
  assert.deepEqual((await versions()).data.map((one) => one.who), ["tests", null]);
  const newest = (await call("GET", `${place}/versions/${(await versions()).data[0].id}`)).value.data;
  assert.ok(newest.difference.some((line) => line.kind === "added" && line.text.includes("=TRIM(shop_name)")));
  await call("GET", `${place}/versions/999999`, { wanted: 404 });
  const audit = (await call("GET", "audit")).value.data.filter((one) => one.did === "scheme.save");
  assert.deepEqual(audit.map((one) => [one.who, one.subject]), [["tests", "shop-to-material"], ["tests", "shop-to-material"], ["tests", "shop-to-material"]]);
});

test("a table in a file: rows go in and out, checked with each scheme that uses it; guarded, with history", async () => {
  const before = world.read("schemes/shop-to-material.json"), file = "schemes/region.csv", at = `${place}/tables/region`;
  const text = '\ufeffshop,area,boss\r\nS000001,"north, ""far""",Li\r\nS000002,south,\r\n';
  world.write(file, text);
  const uses = await draft({ changes: [{ at: ["tables"], name: "region", value: "region.csv" }, { at: ["target", "request"], name: "helpcode", value: '=TABLE(region.area, shop_no, "none")' }] });
  assert.deepEqual(uses.faults, []);
  await save(uses.text, uses.etag);
  const show = async () => (await call("GET", at, { wanted: 200, token: reader })).value.data;
  const put = (body, etag, wanted = 200, token = admin) => call("PUT", at, { body, headers: { "If-Match": etag }, wanted, token });
  const first = await show();
  assert.deepEqual([first.table, first.file, first.fault, first.columns, first.used_by], ["region", "region.csv", null, ["shop", "area", "boss"], ["shop-to-material"]]);
  assert.deepEqual(first.rows, [["S000001", 'north, "far"', "Li"], ["S000002", "south", ""]]);
  const { columns } = first, rows = [...first.rows, ["S000003", "=west", "Wu\n2"]];
  assert.equal((await put({ columns, rows }, first.etag, 403, reader)).value.code, "role");
  const saved = (await put({ columns, rows }, first.etag)).value.data;
  assert.equal(world.read(file), `${text}S000003,=west,"Wu\n2"\r\n`);
  assert.equal((await put({ columns, rows }, first.etag, 412)).value.code, "changed");
  const made = await draft({ records: [{ shop_no: "S000003", shop_name: "x" }, { shop_no: "S000004", shop_name: "y" }] });
  assert.deepEqual(made.results.map((one) => one.payload.helpcode), ["=west", "none"]);
  // What would not be a table, or stop a scheme, is not saved.
  const twice = (await put({ columns, rows: [...rows, rows[0]] }, saved.etag, 422)).value;
  assert.deepEqual([twice.code, /line 6: the key S000001 stands twice/.test(twice.detail)], ["table-fault", true], twice.detail);
  const other = (await put({ columns: ["shop", "zone"], rows: [["S000001", "north"]] }, saved.etag, 422)).value;
  assert.deepEqual([other.code, /^shop-to-material: .*area/.test(other.detail)], ["scheme-fault", true], other.detail);
  assert.equal((await put({ columns }, saved.etag, 422)).value.code, "table-fault");
  assert.equal((await show()).etag, saved.etag);
  // What was is put back.
  const versions = (await call("GET", `${at}/versions`, { wanted: 200 })).value.data;
  assert.deepEqual(versions.map((one) => one.who), ["tests", null]);
  const old = (await call("GET", `${at}/versions/${versions[1].id}?against=saved`, { wanted: 200 })).value.data;
  assert.ok(old.difference.some((line) => line.kind === "removed" && line.text.includes("=west")));
  await put({ text: old.text }, saved.etag);
  assert.equal(world.read(file), text);
  // A file that is none is told, and mended from here.
  world.write(file, 'shop,area,boss\nS000001,"north\n');
  const broken = await show();
  assert.deepEqual([broken.columns, broken.rows, /quote/.test(broken.fault)], [[], [], true], broken.fault);
  await put({ columns, rows: first.rows }, broken.etag);
  assert.equal(world.read(file), 'shop,area,boss\nS000001,"north, ""far""",Li\nS000002,south,\n'); // as the file was written
  const audit = (await call("GET", "audit")).value.data.filter((one) => one.did === "table.save");
  assert.deepEqual(audit.map((one) => [one.who, one.subject]), [1, 2, 3].map(() => ["tests", "./region.csv"]));
  assert.equal((await call("GET", `${place}/tables/platform`, { wanted: 404 })).value.code, "not-found"); // stands in the scheme
  await call("GET", `${place}/tables/none`, { wanted: 404 });
  rmSync(join(world.folder, file));
  assert.equal((await call("GET", at, { wanted: 500 })).value.code, "file");
  world.write("schemes/shop-to-material.json", before);
});

test("the page's files come by gzip to who takes it, and not again to who has them", async () => {
  const file = (headers) => fetch(`${console_.address}/app.js`, { headers });
  const plain = await file({ "Accept-Encoding": "identity" }), zipped = await file({ "Accept-Encoding": "br, gzip" });
  assert.deepEqual([plain.headers.get("Content-Encoding"), zipped.headers.get("Content-Encoding")], [null, "gzip"]);
  assert.ok(Number(zipped.headers.get("Content-Length")) < Number(plain.headers.get("Content-Length")) / 2);
  assert.equal(await zipped.text(), await plain.text());
  assert.equal((await file({ "Accept-Encoding": "gzip;q=0" })).headers.get("Content-Encoding"), null);
  assert.notEqual(plain.headers.get("ETag"), zipped.headers.get("ETag"));
  assert.equal((await file({ "Accept-Encoding": "gzip", "If-None-Match": zipped.headers.get("ETag") })).status, 304);
  assert.equal((await file({ "Accept-Encoding": "gzip", "If-None-Match": plain.headers.get("ETag") })).status, 200);
});

test("an API file is made from a sample or as a copy, saved where it breaks nothing, and removed", async () => {
  const sample = { code: 0, data: { list: [{ no: "1", qty: 2, price: 1.5, ok: true, rows: [{ sku: "a" }], app_secret: "x" }] } };
  const make = async (body, wanted, token = admin) => (await call("POST", "apis", { body, wanted, token })).value;
  await make({ name: "erp.orders", sample }, 403, reader);
  assert.equal((await make({ name: "erp.orders", label: "订单", sample }, 201)).data.name, "erp.orders");
  assert.equal((await make({ name: "erp.orders", sample }, 409)).code, "exists");
  const none = await make({ name: "erp.none", sample: { code: 0 } }, 422);
  assert.deepEqual([none.code, /no list of records/.test(none.detail), /draft/.test(none.detail)], ["sample", true, false], none.detail);
  for (const body of [{ name: "erp.none" }, { name: "erp.none", sample, copy_of: "wdt.shop.query" }, { name: "../erp", sample }, { name: ".erp", sample }]) await make(body, 422);
  await make({ name: "erp.none", copy_of: "none" }, 404);
  const at = "apis/erp.orders", show = async (path = at) => (await call("GET", path, { wanted: 200, token: reader })).value.data;
  const put = async (path, body, etag, wanted = 200, token = admin) => (await call("PUT", path, { body, headers: { "If-Match": etag }, wanted, token })).value;
  const first = await show();
  assert.deepEqual(Object.entries(first.document.response).map(([name, one]) => [name, one.type, one.secret === true]), [["no", "string", false], ["qty", "integer", false], ["price", "number", false], ["ok", "boolean", false], ["rows", "array", false], ["app_secret", "string", true]]);
  assert.deepEqual([first.document.label, first.document.list, first.used_by, first.text], ["订单", ["list"], [], world.read("schemes/api/erp.orders.json")]);
  const changes = [{ at: ["response"], name: "memo", value: { label: "备注", type: "string" } }];
  assert.equal((await put(at, { changes }, first.etag, 403, reader)).code, "role");
  const saved = (await put(at, { changes }, first.etag)).data;
  assert.deepEqual([saved.removed <= 1, (await show()).document.response.memo], [true, { label: "备注", type: "string" }]);
  assert.equal((await put(at, { changes }, first.etag, 412)).code, "changed");
  const { text } = await show();
  const broken = await put(at, { text: text.replace('"list"', '"lsit"') }, saved.etag, 422);
  assert.deepEqual([broken.code, /lsit/.test(broken.detail), broken.line > 1], ["scheme-fault", true, true], JSON.stringify(broken));
  await put(at, { text: "{" }, saved.etag, 422);
  assert.equal((await put(at, { text: text.replace('"erp.orders"', '"erp.other"') }, saved.etag, 422)).path, "/name");
  assert.equal(world.read("schemes/api/erp.orders.json"), text);
  // A field that a scheme uses can't go.
  const shop = await show("apis/wdt.shop.query");
  assert.deepEqual(shop.used_by, ["shop-to-material"]);
  const used = await put("apis/wdt.shop.query", { changes: [{ at: ["response"], name: "shop_name" }] }, shop.etag, 422);
  assert.match(used.detail, /^shop-to-material: .*shop_name/);
  assert.equal((await call("DELETE", "apis/wdt.shop.query", { headers: { "If-Match": shop.etag }, wanted: 409 })).value.code, "used");
  assert.equal(world.read("schemes/api/wdt.shop.query.json"), shop.text);
  const versions = (await call("GET", `${at}/versions`, { wanted: 200 })).value.data;
  assert.deepEqual(versions.map((one) => one.who), ["tests", "tests"]);
  assert.ok((await call("GET", `${at}/versions/${versions[0].id}`, { wanted: 200 })).value.data.difference.some((line) => line.kind === "added" && line.text.includes("memo")));
  await make({ name: "erp/copy", label: "副本", copy_of: "erp.orders" }, 201);
  const copy = await show("apis/erp%2Fcopy");
  assert.deepEqual([copy.document.name, copy.document.label, copy.document.response.memo.label], ["erp/copy", "副本", "备注"]);
  assert.equal((await call("DELETE", at, { headers: { "If-Match": '"x"' }, wanted: 412 })).value.code, "changed");
  for (const [path, etag] of [[at, saved.etag], ["apis/erp%2Fcopy", copy.etag]]) await call("DELETE", path, { headers: { "If-Match": etag }, wanted: 200 });
  await call("GET", at, { wanted: 404 });
  const audit = (await call("GET", "audit")).value.data.filter((one) => one.did.startsWith("api."));
  assert.deepEqual(audit.map((one) => one.did).reverse(), ["api.new", "api.save", "api.new", "api.remove", "api.remove"]);
});

test("a list of the target is looked up, for choosing an id", async () => {
  const list = async (name, q, wanted = 200) => (await call("GET", `schemes/shop-to-material/lookups/${name}?${new URLSearchParams({ q })}`, { wanted, token: reader })).value;
  assert.deepEqual((await list("units", "")).data, [{ id: "1", number: "01", name: "个" }, { id: "2", number: "02", name: "件" }, { id: "3", number: "03", name: "箱" }]);
  assert.deepEqual((await list("units", "箱")).data.map((one) => one.id), ["3"]);
  assert.deepEqual((await list("units", "--env-file=/etc/passwd")).data, []);
  for (const none of ["none", "accounts", "--help"]) assert.equal((await list(none, "", 404)).code, "not-found");
});

test("any source API is called live and answered in the one form, a SOAP service too: page by page, paced, without secrets", async () => {
  const apis = (await call("GET", "apis", { wanted: 200, token: reader })).value.data;
  assert.ok(apis.some((one) => one.name === "wdt.shop.query" && one.source && one.label === "查询店铺"));
  assert.ok(apis.some((one) => one.name === "jdy/basedata/material_batch_save" && !one.source && one.parameters > 40));
  const read = async (name, parameters, wanted = 200) => (await call("GET", `sources/${name}/records?${new URLSearchParams(parameters)}`, { wanted, token: reader })).value;
  const calls = async (url) => (await (await fetch(`${new URL(url).origin}/_/report`)).json()).calls;
  const first = await read("wdt.shop.query", { limit: 90 });
  assert.deepEqual([first.data.length, first.data[0].shop_no, first.data[0].app_key], [90, "S000001", "***"]);
  const third = await read("wdt.shop.query", { limit: 90, cursor: (await read("wdt.shop.query", { limit: 90, cursor: first.next })).next });
  assert.deepEqual([third.data.length, third.data.at(-1).shop_no], [50, "S000230"]); // a short page is no end: its total stands on the first
  const behind = await read("wdt.shop.query", { limit: 90, cursor: third.next });
  assert.deepEqual([behind.data, behind.next], [[], null]);
  const before = await calls(world.variables.WDT_URL);
  assert.deepEqual(await read("wdt.shop.query", { limit: 90 }), first); // given again
  assert.equal(await calls(world.variables.WDT_URL), before);
  const one = await read("wdt.shop.query", { request: JSON.stringify({ shop_no: "S000007" }), max_age: 0 });
  assert.deepEqual(one.data.map((shop) => shop.shop_no), ["S000007"]);
  const wrong = await read("wdt.shop.query", { request: JSON.stringify({ shop_nmae: "x" }) }, 422);
  assert.deepEqual([wrong.code, /shop_no/.test(wrong.detail)], ["parameter", true], wrong.detail);
  await read("none", {}, 404);
  await read("jdy/basedata/material_batch_save".replaceAll("/", "%2F"), {}, 422);
  const limited = await until("the pace", async () => { const answer = await fetch(`${console_.address}/api/v1/sources/wdt.shop.query/records?max_age=0`, { headers: { Authorization: `Bearer ${reader}` } }); return answer.status === 429 && answer; });
  assert.ok(Number(limited.headers.get("Retry-After")) >= 1);
  // A web service of old, by its file.
  const { line } = await world.start("tests/doubles/soap-double", ["--port", "0", "--items", "25"]);
  Object.assign(world.variables, { SOAP_URL: new URL(line).origin });
  await world.stop(console_.program);
  world.write("schemes/api/erp.items.json", JSON.stringify({
    name: "erp.items", label: "items", driver: "soap",
    call: { path: "/services/items", version: "1.1", action: "http://erp.example.com/items/QueryItems", namespaces: { m: "http://erp.example.com/items" }, body: { "m:QueryItems": { "m:page": "{{page}}", "m:size": "{{size}}", "m:kind": "{{kind}}", "m:id": "{{id}}" } } },
    auth: { kind: "none" },
    reply: { list: "/QueryItemsResponse/items/item", total: "/QueryItemsResponse/total", success: { at: "/QueryItemsResponse/code", values: [0] } },
    pagination: { by: "page", size: "size", number: "page", first: 1, maxSize: 100 },
    request: { page: { label: "p" }, size: { label: "s" }, kind: { label: "k" }, id: { label: "i" } },
    response: { id: { label: "i", type: "string" }, code: { label: "c", type: "string" }, name: { label: "n", type: "string" } },
  }));
  console_ = await world.console(["--bind", `127.0.0.1:${port}`]);
  const items = await read("erp.items", { limit: 20 });
  assert.deepEqual([items.data.length, items.next], [20, "2"]);
  assert.equal(typeof items.data[0].code, "string");
  const rest = await read("erp.items", { limit: 20, cursor: 2 });
  assert.deepEqual([rest.data.length, rest.next], [5, null]); // it tells its total on each page
  assert.deepEqual([(await read("erp.items", { request: JSON.stringify({ id: items.data[3].id }) })).data.length], [1]);
  rmSync(join(world.folder, "schemes/api/erp.items.json"));
});

test("connections: what stands and what answers is told, with the cure; what the settings say is not", async () => {
  const list = async () => (await call("GET", "connections", { wanted: 200, token: reader })).value.data;
  const before = await list();
  assert.equal(before.last, null);
  const state = Object.fromEntries(before.parts.flatMap((part) => part.settings.map((one) => [one.name, one.state])));
  assert.deepEqual([state.WDT_APP_SECRET, state.XINGCHEN_PASSWORD, state.WDT_SIGN_METHOD, state.ALERT_URL], ["set", "set", "default", "unset"]);
  const check = async () => (await call("POST", "connections/check", { body: { scheme: "shop-to-material" }, wanted: 200 })).value.data;
  const good = await check();
  assert.equal(good.ok, true, JSON.stringify(good));
  assert.ok(["store", "scheme", "source", "target"].every((part) => good.checks.some((one) => one.part === part)));
  const all = JSON.stringify([before, good]);
  for (const secret of ["demo_source_secret", "demo_target_secret", "demo_password"]) assert.ok(!all.includes(secret));
  await world.switches(world.variables.XINGCHEN_URL, "set?client_secret=another");
  const bad = await check();
  assert.equal(bad.ok, false);
  assert.equal(bad.checks.find((one) => one.part === "target").ok, false);
  assert.deepEqual((await list()).last, bad);
  await world.switches(world.variables.XINGCHEN_URL, "set?client_secret=demo_target_secret");
  await call("POST", "connections/check", { body: { scheme: "none" }, wanted: 404 });
});

test("a scheme is made as a copy and taken away; nothing else of the folder can be reached", async () => {
  const make = (body, wanted, token = admin) => call("POST", "schemes", { body, wanted, token });
  const files = async () => (await call("GET", "schemes", { wanted: 200 })).value.data.map((one) => [one.file, one.name, one.every, one.fault]);
  const before = await files();
  const copy = { file: "店铺-二号", name: "shop to material 2", copy_of: "shop-to-material" };
  await make(copy, 403, reader);
  await make({ ...copy, copy_of: "none" }, 404);
  for (const file of ["../x", "a/b", ".hidden", "a b", "x.json", "", "x".repeat(120), "a.schema"]) await make({ ...copy, file }, 422);
  await make({ ...copy, name: " " }, 422);
  await make({ ...copy, file: "shop-to-material" }, 409);
  await make({ ...copy, name: "shop-to-material" }, 409);
  const made = (await make(copy, 201)).value.data;
  assert.equal(made.file, copy.file);
  await make(copy, 409);
  const path = `schemes/${encodeURIComponent(copy.file)}`;
  const there = (await call("GET", path, { wanted: 200 })).value.data;
  assert.deepEqual([there.name, there.fault, there.every, there.etag, there.document.schedule], [copy.name, null, 0, made.etag, undefined]);
  assert.deepEqual((await files()).length, before.length + 1);
  assert.equal((await call("GET", `${path}/versions`, { wanted: 200 })).value.data.length, 1);
  assert.equal((await call("POST", `${path}/preview?limit=2`, { wanted: 200 })).value.data.length, 2);
  // What comes after it, what was changed meanwhile, and who may not.
  const gone = (wanted, etag, token = admin) => call("DELETE", path, { wanted, token, headers: etag ? { "If-Match": etag } : {} });
  await gone(403, made.etag, reader);
  await gone(428);
  await gone(412, '"00000000000000000000000000000000"');
  const own = world.read("schemes/shop-to-material.json");
  world.write("schemes/shop-to-material.json", own.replace('"source"', `"after": ["${copy.name}"], "source"`));
  assert.equal((await gone(409, made.etag)).value.code, "after");
  world.write("schemes/shop-to-material.json", own);
  await gone(200, made.etag);
  await gone(404, made.etag);
  assert.deepEqual(await files(), before);
  const audit = (await call("GET", "audit?limit=2", { wanted: 200 })).value.data;
  assert.deepEqual(audit.map((line) => [line.did, line.subject]), [["scheme.remove", copy.file], ["scheme.new", copy.file]]);
  await make(copy, 201); // under the same file the history goes on
  assert.ok((await call("GET", `${path}/versions`, { wanted: 200 })).value.data.length >= 2);
  await gone(200, made.etag);
});

test("settings of connections are written into the env file, for its owner alone, and never read here", async () => {
  const about = async (name) => (await call("GET", "connections", { wanted: 200, token: reader })).value.data.parts.flatMap((part) => part.settings).find((one) => one.name === name);
  const set = (name, value, wanted, token = admin) => call("PUT", `connections/${name}`, { body: { value }, wanted, token });
  world.write(".env", "# kept as it is\nexport ALERT_SECRET=old # of last year\nOTHER='x y'\n");
  assert.deepEqual([(await about("REST_TOKEN")).state, (await about("REST_TOKEN")).writable, (await about("ALERT_SECRET")).state], ["unset", true, "set"]);
  await set("REST_TOKEN", "x", 403, reader);
  assert.deepEqual((await set("REST_TOKEN", "  written: it's \"secret\" #1$ \n", 200)).value.data, { name: "REST_TOKEN", state: "set" });
  await set("ALERT_SECRET", "new-robot-secret", 200);
  assert.equal(world.read(".env"), "# kept as it is\nALERT_SECRET=new-robot-secret\nOTHER='x y'\nREST_TOKEN=\"written: it's \\\"secret\\\" #1$\"\n");
  assert.equal(statSync(join(world.folder, ".env")).mode & 0o777, 0o600);
  const audit = (await call("GET", "audit?limit=2", { wanted: 200 })).value.data;
  assert.deepEqual(audit.map((line) => [line.did, line.subject, line.before, line.after]), [["connection.set", "ALERT_SECRET", "set", "set"], ["connection.set", "REST_TOKEN", "unset", "set"]]);
  assert.ok(!JSON.stringify([audit, (await call("GET", "connections", { wanted: 200 })).value]).includes("robot-secret"));
  await set("REST_TOKEN", "", 200);
  await set("ALERT_SECRET", "", 200);
  assert.deepEqual([world.read(".env"), (await about("ALERT_SECRET")).state], ["# kept as it is\nOTHER='x y'\n", "unset"]);
  // What stands in the environment, the console's own store, what is none of a connection, and what no file can hold.
  assert.equal((await about("WDT_APP_SECRET")).writable, false);
  assert.equal((await set("WDT_APP_SECRET", "x", 409)).value.code, "environment");
  await set("DIANCHEN_STORE", "sqlite:other.db", 409);
  await set("METRICS_BIND", "x", 404);
  await set("REST_USER", "two\nlines", 422);
  await set("REST_USER", "x".repeat(8001), 422);
  world.write(".env", "no line of a file\n");
  assert.equal((await set("REST_USER", "x", 409)).value.code, "env-file");
  assert.equal(world.read(".env"), "no line of a file\n");
  rmSync(join(world.folder, ".env"));
  await set("REST_USER", "x", 200);
  assert.equal(world.read(".env"), "REST_USER=x\n");
  rmSync(join(world.folder, ".env"));
});

test("wrong words are told, with a stable code", async () => {
  const wrong = [
    ["GET", "runs?limit=0", 400, "parameter"], ["GET", "runs?limit=1001", 400, "parameter"], ["GET", "runs?limti=5", 400, "parameter"], ["GET", "runs?state=odd", 400, "parameter"],
    ["GET", "runs/none", 400, "parameter"], ["GET", "runs/999999", 404, "not-found"], ["GET", "nothing", 404, "path"], ["PUT", "runs", 405, "method"],
    ["GET", "records/%ff", 400, "parameter"], ["GET", "records/a%00b", 400, "parameter"], ["GET", "rejects/99999999", 404, "not-found"], ["GET", "rejects?cursor=1-x", 400, "parameter"],
  ];
  for (const [method, path, status, code] of wrong) {
    const answer = await call(method, path, { wanted: status });
    assert.equal(answer.value.code, code, path);
  }
  assert.equal((await call("POST", "runs", { body: { scheme: "x", kind: "odd", where: "here" }, wanted: 422 })).value.code, "body");
  assert.equal((await call("POST", "runs", { body: { scheme: "x", kind: "run", where: "here", more: 1 }, wanted: 422 })).value.code, "body");
  assert.equal((await call("POST", "runs", { body: { scheme: "none", kind: "run", where: "here" }, wanted: 404 })).value.code, "scheme");
  assert.equal((await raw("/api/v1/runs", { method: "POST", headers: { Authorization: `Bearer ${admin}`, "Content-Type": "text/plain" }, body: "{}" })).status, 415);
});

test("texts for people come in the language that is asked for, codes and data as they are", async () => {
  const asked = async (language, method, path, body, wanted) => (await call(method, path, { body, headers: { "Accept-Language": language }, wanted })).value;
  const missing = async (language) => (await asked(language, "GET", "runs/999999", undefined, 404)).detail;
  for (const language of ["en", "en-GB,en;q=0.9,zh;q=0.8", "fr", "*", "zhuang", "zh;q=0"]) assert.equal(await missing(language), "there is no run 999999", language);
  for (const language of ["zh-CN", "zh-CN,zh;q=0.9,en;q=0.8", "fr, zh;q=0.5, en;q=0.4", "ZH"]) assert.equal(await missing(language), "没有运行 999999", language);
  const problem = await asked("zh-CN", "GET", "runs?limit=0", undefined, 400);
  assert.deepEqual([problem.code, problem.detail], ["parameter", "limit：应为 1 到 1000 的整数"]);
  assert.equal((await call("GET", "status", { token: "dc_wrong", headers: { "Accept-Language": "zh-CN" }, wanted: 401 })).value.detail, "此令牌不属于此控制台");
  const changes = [{ at: ["target", "request"], name: "name", value: "=TRIM(shop_nmae)" }];
  const fault = (await asked("zh-CN", "POST", "schemes/shop-to-material/draft", { changes }, 200)).data.faults[0];
  assert.deepEqual([fault.path, fault.column], ["/target/request/name", 7]);
  assert.match(fault.message, /shop_nmae.*没有.*shop_name/);
  const tried = (await asked("zh-CN", "POST", "formulas/eval", { formula: "=1/0" }, 200)).data;
  assert.match(tried.message, /除/);
  const settings = (await asked("zh-CN", "GET", "connections", undefined, 200)).data.parts.flatMap((part) => part.settings);
  assert.ok(settings.every((one) => /[\u4e00-\u9fff]/.test(one.help)), JSON.stringify(settings));
  const checks = (await asked("zh-CN", "POST", "connections/check", { scheme: "shop-to-material" }, 200)).data.checks;
  assert.match(checks.find((one) => one.part === "source").text, / 应答 wdt\.shop\.query；\d+ 条记录$/);
  assert.match(checks.find((one) => one.part === "target").text, /，账套 1234567890123456789/);
  const audit = (await asked("zh-CN", "GET", "audit?limit=100", undefined, 200)).data;
  assert.equal(audit.find((one) => one.did === "run.start").after, "试运行未保存的方案，最多 20 条记录");
  assert.match(audit.find((one) => one.did === "scheme.save").after, /^新增 \d+ 行，删除 \d+ 行$/);
  // A name of the source that reads like a text of ours stays.
  const record = { shop_no: "S1", shop_name: "out of memory" };
  const result = (await asked("zh-CN", "POST", "schemes/shop-to-material/draft", { records: [record] }, 200)).data.results[0];
  assert.equal(result.payload.name, "out of memory");
  const refused = (await asked("zh-CN", "POST", "schemes/shop-to-material/draft", { records: [{ shop_no: "S1" }] }, 200)).data.results[0];
  assert.match(refused.message, /[\u4e00-\u9fff]/);
  // What is wrong with a body, and where.
  for (const [body, detail] of [[{}, /\/scheme.*缺少$/], [{ scheme: 1 }, /\/scheme.*不是文本$/], [{ scheme: "x", more: 1 }, /\/more.*没有这个成员$/]]) {
    assert.match((await asked("zh-CN", "POST", "connections/check", body, 422)).detail, detail);
  }
});

test("the document tells what each call does in the language that is asked for; all else of it stays", async () => {
  const chinese = JSON.parse((await raw("/api/v1/openapi.json", { headers: { "Accept-Language": "zh-CN" } })).text);
  const texts = (of) => Object.entries(of.paths).flatMap(([path, methods]) => Object.entries(methods).flatMap(([method, one]) =>
    [[`${method} ${path}`, one.summary], ...one.parameters.map((parameter) => [`${method} ${path} ${parameter.name}`, parameter.description])]));
  for (const [where, text] of texts(chinese)) assert.match(text, /[\u4e00-\u9fff]/, where);
  for (const [where, text] of texts(document)) assert.doesNotMatch(text, /[\u4e00-\u9fff]/, where);
  const bare = (of) => JSON.parse(JSON.stringify(of, (name, value) => ((name === "summary" || name === "description") && typeof value === "string" ? "" : value)));
  assert.deepEqual(bare(chinese), bare(document));
});

test("names of schemes and APIs lead out of no folder", async () => {
  for (const name of ["outside.json", "schemes/.hidden.json", "schemes/api/.hidden.json", "schemes/api/a\\..\\b.json"]) writeFileSync(join(world.folder, name), "{}");
  for (const name of ["..%2Foutside", "%2e%2e%2foutside", "api%2Fwdt.shop.query", "%2Fetc%2Fpasswd", ".hidden", "a%5C..%5Cb"]) {
    await call("GET", `schemes/${name}`, { wanted: 404 });
    await call("GET", `apis/${name}`, { wanted: 404 });
  }
  for (const name of ["schemes/.hidden.json", "schemes/api/.hidden.json", "schemes/api/a\\..\\b.json"]) rmSync(join(world.folder, name));
  for (const path of ["/api/v1/schemes/.", "/api/v1/schemes/..", "/api/v1/apis/..", "/api/v1/../../outside.json"]) {
    assert.equal((await raw(path, { headers: { Authorization: `Bearer ${admin}` } })).status, 404, path);
  }
  for (const path of ["/../outside.json", "/..%2foutside.json", "/app.js/..", "//app.js", "/web/app.js"]) {
    assert.equal((await raw(path)).status, 404, path);
  }
});

test("nobody reads or changes anything without a token; a reader changes nothing", async () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const address = path.slice(1).replace("{run}", "1").replace("{id}", "1").replace("{version}", "1").replace(/\{\w+\}/, "x");
      const role = operation["x-role"];
      const body = operation.requestBody ? {} : undefined;
      if (role === "anybody") continue;
      assert.equal((await call(method.toUpperCase(), address, { token: null, body })).status, 401, `${method} ${path}`);
      if (path === "/status" || path === "/runs") assert.equal((await call(method.toUpperCase(), address, { token: "dc_wrong", body })).status, 401, `${method} ${path}`);
      if (role === "admin") assert.equal((await call(method.toUpperCase(), address, { token: reader, body })).status, 403, `${method} ${path}`);
    }
  }
});

test("the link logs in once; the cookie is for this page alone, and useless without the header", async () => {
  const made = await session(console_.token);
  assert.equal(made.status, 200);
  assert.match(made.cookie, /^dianchen_\d+=dc_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.equal((await session(console_.token)).status, 401);
  const cookie = made.cookie.split(";")[0];
  const get = async (headers) => (await raw("/api/v1/status", { headers: { Cookie: cookie, "X-Dianchen-Key": made.key, ...headers } })).status;
  assert.equal(await get({ "X-Dianchen": "1" }), 200);
  assert.equal(await get({}), 401);
  assert.equal(await get({ "X-Dianchen": "1", Origin: "https://stranger.example" }), 403);
  assert.equal(await get({ "X-Dianchen": "1", Origin: "null" }), 403);
  assert.equal(await get({ "X-Dianchen": "1", "Sec-Fetch-Site": "cross-site" }), 403);
  assert.equal(await get({ "X-Dianchen": "1", Origin: console_.address }), 200);
  // A form of a stranger's page: the browser would send the cookie of a laxer site, and never the header.
  const form = await raw("/api/v1/runs", { method: "POST", headers: { Cookie: cookie, "Content-Type": "application/x-www-form-urlencoded" }, body: "scheme=x" });
  assert.equal(form.status, 401);
  await raw("/api/v1/session", { method: "DELETE", headers: { Cookie: cookie, "X-Dianchen": "1", "X-Dianchen-Key": made.key } });
  called.add("closeSession");
  assert.equal(await get({ "X-Dianchen": "1" }), 401);
});

test("a cookie alone, which browsers send to every port of this host, opens nothing", async () => {
  const [one, other] = [await session(admin), await session(reader)];
  const get = async (headers) => (await raw("/api/v1/status", { headers: { Cookie: one.cookie.split(";")[0], "X-Dianchen": "1", ...headers } })).status;
  assert.match(one.key, /^dc_[\w-]{43}$/);
  assert.equal(await get({ "X-Dianchen-Key": one.key }), 200);
  for (const key of [undefined, "", other.key, one.key.slice(0, -1), `${one.key}x`, one.cookie.split(/[=;]/)[1]]) {
    assert.equal(await get(key === undefined ? {} : { "X-Dianchen-Key": key }), 401, String(key));
  }
  const out = { Cookie: one.cookie.split(";")[0], "X-Dianchen": "1" };
  assert.equal((await raw("/api/v1/session", { method: "DELETE", headers: out })).status, 401);
  assert.equal(await get({ "X-Dianchen-Key": one.key }), 200);
  assert.ok(!(await raw("/api/v1/session", { headers: { ...out, "X-Dianchen-Key": one.key } })).text.includes(one.key));
});

test("a browser that came with a token is out as soon as the token is removed", async () => {
  const made = await session(world.token("gone"));
  const cookie = made.cookie.split(";")[0];
  called.add("openSession");
  const get = async () => (await raw("/api/v1/status", { headers: { Cookie: cookie, "X-Dianchen": "1", "X-Dianchen-Key": made.key } })).status;
  assert.equal(await get(), 200);
  assert.equal(world.dianchen(["console", "token", "remove", "gone"]).code, 0);
  assert.equal(await get(), 401);
});

test("a stream of events ends as soon as its token is removed", async () => {
  const answer = await fetch(`${console_.address}/api/v1/events`, { headers: { Authorization: `Bearer ${world.token("watcher")}` } });
  const events = answer.body.getReader();
  assert.equal((await events.read()).done, false);
  assert.equal(world.dianchen(["console", "token", "remove", "watcher"]).code, 0);
  let over = false;
  (async () => { while (!(await events.read()).done) { /* what was under way */ } })().catch(() => {}).then(() => { over = true; });
  await until("the end of the stream", async () => over);
});

test("wrong tokens are told in the log, at the login, too, and many at once keep nobody else waiting", async () => {
  const other = await world.console(); // one that has told of none yet: they are counted, not repeated
  const login = await fetch(`${other.address}/api/v1/session`, { method: "POST", headers: { "X-Dianchen": "1", "Content-Type": "application/json" }, body: '{"token":"dc_wrong"}' });
  assert.equal(login.status, 401);
  await until("the line in the log", async () => other.program.said.includes('"console.refused"'));
  await world.stop(other.program);
  const wrong = () => raw("/api/v1/status", { headers: { Authorization: "Bearer dc_wrong" } });
  await until("an answer without a wait", async () => {
    const answers = Promise.all(Array.from({ length: 24 }, wrong));
    await call("GET", "status", { wanted: 200 });
    const statuses = (await answers).map((one) => one.status);
    assert.deepEqual(statuses.filter((one) => one !== 401 && one !== 429), []);
    return statuses.includes(429);
  });
});

test("who is not logged in sends no large body", async () => {
  const head = (more) => new Promise((resolve, reject) => {
    const one = connect(port, "127.0.0.1");
    let text = "";
    one.on("data", (some) => { text += some; one.destroy(); });
    one.on("close", () => resolve(text));
    one.on("error", reject);
    one.write(`POST /api/v1/formulas/eval HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n${more}\r\n`);
  });
  assert.match(await head(""), /^HTTP\/1.1 401 /); // before any of it has come
  assert.match(await head("X-Dianchen: 1\r\nCookie: dianchen_1=x\r\n"), /^HTTP\/1.1 401 /);
  assert.match(await head("Authorization: Bearer dc_wrong\r\n"), /^HTTP\/1.1 401 /);
  const chunked = (headers, size) => raw("/api/v1/session", { method: "POST", headers: { "X-Dianchen": "1", "Content-Type": "application/json", "Transfer-Encoding": "chunked", ...headers }, body: JSON.stringify({ token: "x".repeat(size) }) });
  assert.equal((await chunked({}, 100)).status, 401);
  assert.equal((await chunked({}, 6000)).status, 413);
  const record = { shop_no: "x".repeat(100000) };
  assert.equal((await call("POST", "formulas/eval", { body: { formula: "=LEN(shop_no)", scheme: "shop-to-material", record }, wanted: 200 })).value.data.value, "100000");
});

test("other names of this host are answered nothing: no DNS rebinding", async () => {
  for (const host of ["stranger.example", `stranger.example:${port}`, "127.0.0.1.stranger.example", "localhost.stranger.example", "10.0.0.1"]) {
    for (const path of ["/", "/api/v1/health", "/api/v1/status"]) {
      const answer = await raw(path, { headers: { Host: host, Authorization: `Bearer ${admin}` } });
      assert.ok(answer.status === 421 || answer.status === 400, `${host} ${path}: ${answer.status}`);
    }
  }
  assert.equal((await raw("/api/v1/status", { headers: { Host: `localhost:${port}`, Authorization: `Bearer ${admin}` } })).status, 200);
  assert.equal((await raw("/api/v1/status", { headers: { "X-Forwarded-Host": "localhost", "X-Forwarded-For": "127.0.0.1", Host: "stranger.example", Authorization: `Bearer ${admin}` } })).status, 421);
});

test("every answer keeps browsers careful", async () => {
  for (const path of ["/", "/app.js", "/app.css", "/api/v1/health", "/api/v1/status", "/nothing"]) {
    const { headers } = await raw(path, { headers: { Origin: console_.address } });
    assert.match(headers["content-security-policy"], /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["x-frame-options"], "DENY");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["access-control-allow-origin"], undefined);
    assert.ok(!/unsafe/.test(headers["content-security-policy"]));
  }
  assert.equal((await raw("/api/v1/status", { headers: { Authorization: `Bearer ${admin}` } })).headers["cache-control"], "no-store");
});

test("large and slow requests have an end, and others are served meanwhile", async () => {
  const large = await raw("/api/v1/formulas/eval", { method: "POST", headers: { Authorization: `Bearer ${admin}`, "Content-Type": "application/json", "Content-Length": String(3 << 20) }, body: "" }).catch((error) => ({ status: error.code }));
  assert.ok(large.status === 413 || large.status === "ECONNRESET", String(large.status));
  assert.equal((await raw(`/api/v1/records?q=${"x".repeat(20000)}`, { headers: { Authorization: `Bearer ${admin}` } })).status, 414);
  const slow = [];
  for (let i = 0; i < 150; i++) {
    const one = connect(port, "127.0.0.1");
    one.on("error", () => {});
    one.write("GET /api/v1/health HTTP/1.1\r\nHost: loc");
    slow.push(one);
  }
  await wait(300);
  for (let i = 0; i < 20; i++) await call("GET", "status", { wanted: 200 });
  for (const one of slow) one.destroy();
});

test("events: the status at once, and again when it changes", async () => {
  const control = new AbortController();
  const answer = await fetch(`${console_.address}/api/v1/events`, { headers: { Authorization: `Bearer ${admin}` }, signal: control.signal });
  assert.equal(answer.headers.get("Content-Type"), "text/event-stream");
  called.add("streamEvents");
  const events = [];
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  const next = async () => {
    while (!held.includes("\n\n")) held += (await reader.read()).value;
    const at = held.indexOf("\n\n");
    events.push(held.slice(0, at));
    held = held.slice(at + 2);
    return events.at(-1);
  };
  const first = await next();
  assert.match(first, /^event: status\ndata: /);
  hold({ $ref: "#/components/schemas/Status" }, JSON.parse(first.split("data: ")[1]), "Status");
  assert.equal(world.dianchen(["run", "--limit", "10", "--new"]).code === 1, false);
  let runs = 0;
  while (!(runs > 1)) {
    const event = await next();
    if (event.startsWith("event: status")) runs = JSON.parse(event.split("data: ")[1]).schemes[0].run.id;
  }
  control.abort();
});

test("a run that is started here goes on, ends, and is in the audit", async () => {
  const { job } = (await call("POST", "runs", { body: { scheme: "shop-to-material", kind: "dry", where: "here" }, wanted: 202 })).value.data;
  const dry = await until("the dry run", async () => (await call("GET", "jobs")).value.data.find((one) => one.id === job && one.state === "ended"));
  assert.equal(dry.report.seen, 230);
  assert.equal(dry.code, 3, JSON.stringify(dry));
  assert.ok(!/store\.restored/.test(world.dianchen(["run", "--dry-run"]).said)); // its copy is no store that was put back: it waits for nothing
  const started = (await call("POST", "runs", { body: { scheme: "shop-to-material", kind: "run", where: "here", limit: 50 }, wanted: 202 })).value.data;
  const ended = await until("the run", async () => (await call("GET", "jobs")).value.data.find((one) => one.id === started.job && one.state === "ended"));
  assert.equal(ended.report.seen >= 50, true);
  const audit = (await call("GET", "audit", { wanted: 200 })).value.data;
  assert.deepEqual(audit.filter((one) => one.did === "run.start").map((one) => one.who), ["tests", "tests", "tests"]);
});

test("rejects that are closed leave the list, and are sent by their key", async () => {
  const [one, other] = (await call("GET", "rejects", { wanted: 200 })).value.data;
  assert.equal((await call("POST", "rejects/close", { body: {}, wanted: 422 })).value.code, "ids");
  assert.equal((await call("POST", "rejects/close", { body: { ids: [0] }, wanted: 422 })).value.code, "ids");
  assert.equal((await call("POST", "rejects/close", { body: { scheme: "other", all: true }, wanted: 200 })).value.data.closed, 0);
  assert.equal((await call("POST", "rejects/close", { body: { ids: [one.id] }, wanted: 200 })).value.data.closed, 1);
  assert.deepEqual((await call("GET", "rejects", { wanted: 200 })).value.data.map((row) => row.id), [other.id]);
  assert.deepEqual((await call("GET", "rejects?closed=yes", { wanted: 200 })).value.data.map((row) => row.id), [one.id]);
  assert.ok((await call("GET", `rejects/${one.id}`, { wanted: 200 })).value.data.closed > 0);
  assert.equal((await call("GET", "rejects/reasons", { wanted: 200 })).value.data.reduce((sum, group) => sum + group.count, 0), 1);
  assert.equal((await call("GET", "status", { wanted: 200 })).value.data.rejects_open, 1);
  assert.equal((await call("GET", "audit", { wanted: 200 })).value.data.filter((row) => row.did === "rejects.close").length, 2);
  // Refused anew, as it was before: it is open again.
  const { job } = (await call("POST", "rejects/replay", { body: { scheme: "shop-to-material", keys: [one.key] }, wanted: 202 })).value.data;
  await until("the replay", async () => (await call("GET", "jobs")).value.data.find((each) => each.id === job && each.state === "ended"));
  assert.equal((await call("GET", "status", { wanted: 200 })).value.data.rejects_open, 2);
});

test("rejects that are sent again are created once what refused them is mended", async () => {
  await world.switches(world.variables.XINGCHEN_URL, "set?reject_numbers=none");
  assert.equal((await call("POST", "rejects/replay", { body: { scheme: "shop-to-material" }, wanted: 422 })).value.code, "keys");
  const { job } = (await call("POST", "rejects/replay", { body: { scheme: "shop-to-material", all: true }, wanted: 202 })).value.data;
  const ended = await until("the replay", async () => (await call("GET", "jobs")).value.data.find((one) => one.id === job && one.state === "ended"));
  assert.equal(ended.code, 0, JSON.stringify(ended));
  assert.equal(ended.report.created, 2);
  assert.deepEqual((await call("GET", "rejects")).value.data, []);
  await world.switches(world.variables.WDT_URL, "edit?shop_no=S000003&shop_name=another"); // an update needs the id, so it is looked up
  assert.equal(world.dianchen(["run"]).code, 0);
  const one = (await call("GET", "records?q=S000003")).value.data[0];
  assert.match(one.target_id, /^\d+$/);
  assert.deepEqual((await call("GET", `records?q=${one.target_id}`)).value.data.map((other) => other.key), ["S000003"]);
});

test("stop reaches services through the store; resume and run now do, too", async () => {
  await world.switches(world.variables.WDT_URL, "set?slow_ms=150");
  const stages = ["extractor", "transformer", "loader"];
  const words = { extractor: ["--bind", `ipc://${world.folder}/e`], transformer: ["--bind", `ipc://${world.folder}/t`, "--upstream", `ipc://${world.folder}/e`], loader: ["--upstream", `ipc://${world.folder}/t`] };
  const text = world.read("schemes/shop-to-material.json").replace(/"pageSize":\s*\d+/, '"pageSize": 5').replace(/"concurrency":\s*\d+/, '"concurrency": 1').replace(/"every":\s*"[^"]*"/, '"every": "1h"');
  world.write("schemes/shop-to-material.json", text);
  const programs = stages.map((stage) => {
    const program = spawn(join(world.build, "bin", stage), words[stage], { env: world.variables, cwd: world.folder, stdio: ["ignore", "ignore", "pipe"] });
    program.said = "";
    program.stderr.on("data", (some) => { program.said += some; });
    world.processes.push(program);
    return program;
  });
  const newest = async () => (await call("GET", "status")).value.data.schemes[0];
  const going = await until("a run of the services", async () => { const one = await newest(); return one.run.state === "open" && one.progress.pages_done > 2 && one; });
  await call("POST", `runs/${going.run.id}/stop`, { wanted: 202 });
  const still = await until("the stop", async () => { const a = await newest(); await wait(2500); const b = await newest(); return a.progress.pages_done === b.progress.pages_done && b; });
  assert.equal(still.run.state, "open");
  assert.equal(still.held_by, "tests");
  assert.ok(still.progress.pages_done < still.progress.pages, JSON.stringify(still.progress));
  assert.ok(programs.every((program) => program.exitCode === null), programs.map((program) => program.said).join("\n"));
  await call("POST", `runs/${going.run.id}/resume`, { body: { where: "service" }, wanted: 202 });
  await world.switches(world.variables.WDT_URL, "set?slow_ms=0");
  const over = await until("the end", async () => { const one = await newest(); return one.run.state === "finished" && one; }, 40);
  assert.equal(over.run.id, going.run.id);
  assert.equal(over.run.report.seen, 230);
  assert.equal((await call("POST", `runs/${going.run.id}/stop`, { wanted: 409 })).value.code, "over");
  assert.equal((await call("POST", `runs/${going.run.id}/abandon`, { wanted: 409 })).value.code, "over");
  await wait(1500);
  const idle = await newest();
  assert.equal(idle.run.id, going.run.id); // the schedule says in an hour
  assert.ok(Math.abs(idle.next - idle.run.started - 3600000) < 2000, JSON.stringify(idle));
  await call("POST", "runs", { body: { scheme: "shop-to-material", kind: "run", where: "service" }, wanted: 202 });
  await until("the next run, at once", async () => (await newest()).run.id > going.run.id);
  assert.equal(world.dianchen(["stop"]).code, 0);
  assert.match((await newest()).held_by, /./);
  const { job } = (await call("POST", "runs", { body: { scheme: "shop-to-material", kind: "dry", where: "here", limit: 5 }, wanted: 202 })).value.data;
  await until("the dry run", async () => (await call("GET", "jobs")).value.data.find((one) => one.id === job && one.state === "ended"));
  assert.match((await newest()).held_by, /./); // it takes back no stop
  assert.equal(world.dianchen(["start"]).code, 0);
  assert.equal((await newest()).held_by, null);
  const rests = async () => { const a = await newest(); await wait(2500); const b = await newest(); return a.run.id === b.run.id && a.run.state !== "open" && b.run.state !== "open"; };
  await until("the end of what goes on", rests); // a run may be about to begin

  // What other systems bring is written at once: keys that have changed, and records.
  const finished = async (kind, after) => until(`a run of what was ${kind}`, async () =>
    (await call("GET", "runs")).value.data.find((one) => one.id > after && one.kind === kind && one.state === "finished"));
  const material = async (number) => (await (await fetch(`${new URL(world.variables.XINGCHEN_URL).origin}/_/material?number=${number}`)).json())[0];
  let last = (await newest()).run.id;
  await world.switches(world.variables.WDT_URL, "edit?shop_no=S000007&shop_name=told");
  const told = (await call("POST", "hooks/shop-to-material", { body: { keys: ["S000007", "none"] }, wanted: 202 })).value.data;
  assert.deepEqual(told, { taken: 2, waiting: 2 });
  let run = await finished("replay", last);
  assert.deepEqual([run.report.seen, run.report.updated, run.report.gone], [1, 1, 1]);
  assert.equal((await material("S000007")).name, "told");
  last = run.id;
  const records = [{ shop_no: "P1", shop_name: "first" }, { shop_no: "P2", shop_name: "two", order_no: "9007199254740993" }, { shop_no: "P1", shop_name: "推送" }];
  assert.equal((await call("POST", "schemes/shop-to-material/records", { body: { records }, wanted: 202 })).value.data.taken, 3);
  run = await finished("pushed", last);
  assert.deepEqual([run.report.kind, run.report.seen, run.report.created], ["pushed", 2, 2]);
  assert.equal((await material("P1")).name, "推送"); // the last word counts
  assert.equal((await material("P2")).name, "two");
  await call("POST", "schemes/shop-to-material/records", { body: { records: records.slice(1) }, wanted: 202 });
  run = await finished("pushed", run.id);
  assert.equal((await newest()).waiting, 0);
  assert.deepEqual([run.report.seen, run.report.unchanged], [2, 2]); // nothing twice
  const refuse = async (path, body, status, code) => assert.equal((await call("POST", path, { body, wanted: status })).value.code, code);
  await refuse("hooks/none", { keys: ["a"] }, 404, "scheme");
  await refuse("hooks/shop-to-material", { keys: [] }, 422, "keys");
  await refuse("hooks/shop-to-material", { keys: ["a", ""] }, 422, "key");
  await refuse("hooks/shop-to-material", { keys: [{}] }, 422, "key");
  await refuse("hooks/shop-to-material", { keys: ["x".repeat(201)] }, 422, "key");
  await refuse("schemes/shop-to-material/records", { records: [{ shop_name: "no key" }] }, 422, "record");
  await refuse("schemes/shop-to-material/records", { records: ["S1"] }, 422, "body");
  assert.equal((await call("POST", "hooks/shop-to-material", { token: reader, body: { keys: ["a"] } })).status, 403);
  assert.equal((await newest()).run.id, run.id); // of what was refused nothing was taken in
  for (const program of programs) assert.equal(await world.stop(program), 0, program.said);
});

test("an unfinished run is abandoned for good", async () => {
  world.dianchen(["run"]); // what stands unfinished
  await world.switches(world.variables.WDT_URL, "set?slow_ms=200");
  await call("POST", "runs", { body: { scheme: "shop-to-material", kind: "run", where: "here" }, wanted: 202 });
  const newest = async () => (await call("GET", "status")).value.data.schemes[0];
  const open = await until("a run", async () => { const one = await newest(); return one.run.state === "open" && one; });
  await call("POST", `runs/${open.run.id}/stop`, { wanted: 202 });
  await until("its end", async () => (await call("GET", "jobs")).value.data.every((one) => one.state === "ended"));
  const answer = await call("POST", `runs/${open.run.id}/abandon`, { wanted: 200 });
  assert.equal(answer.value.data.state, "abandoned");
});

test("every operation of the document was called and answered as it says", async () => {
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
  assert.deepEqual(ids.filter((id) => !called.has(id)), []);
});

test("no secret stands in any answer, log or audit, and the console ends at once", async () => {
  const answers = await Promise.all(["status", "schemes/shop-to-material", "audit", "jobs", "runs"].map((path) => call("GET", path)));
  const all = JSON.stringify(answers.map((one) => one.value)) + console_.program.said;
  for (const secret of ["demo_source_secret", "demo_target_secret", "demo_password", admin, reader, console_.token]) assert.ok(!all.includes(secret));
  const began = Date.now();
  assert.equal(await world.stop(console_.program), 0);
  assert.ok(Date.now() - began < 5000);
});

test("in a container its port may be published on this host's loopback address: other names are answered nothing there, too", async () => {
  const { program, address } = await world.console(["--bind", "0.0.0.0:0", "--published"]);
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+$/);
  const status = (host) => new Promise((resolve, reject) => {
    const one = request({ host: "127.0.0.2", port: new URL(address).port, path: "/api/v1/health", headers: { Host: host } }, (answer) => { answer.resume(); resolve(answer.statusCode); });
    one.on("error", reject);
    one.end();
  });
  assert.equal(await status(new URL(address).host), 200);
  assert.equal(await status("stranger.example"), 421);
  assert.equal(await world.stop(program), 0);
});

test("what a killed console left behind is taken away at the next start, what another one uses is not", async () => {
  const left = join(world.temporary, "dianchen-draft-killed"), used = join(world.temporary, "dianchen-draft-inuse");
  for (const folder of [left, used]) {
    mkdirSync(folder);
    writeFileSync(join(folder, "shop-to-material.json"), "{}");
    symlinkSync(join(world.folder, "schemes/api"), join(folder, "api"));
  }
  const holder = spawn("flock", ["-F", "-s", used, "sh", "-c", "echo held; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  const { program } = await world.console();
  assert.deepEqual(readdirSync(world.temporary), ["dianchen-draft-inuse"]);
  assert.ok(readdirSync(join(world.folder, "schemes/api")).length > 1);
  holder.kill();
  await new Promise((resolve) => holder.once("close", resolve));
  await world.stop(program);
  assert.equal(await world.stop((await world.console()).program), 0);
  assert.deepEqual(readdirSync(world.temporary), []);
});

test("another system is told of runs and rejects, signed, until it has taken it", async () => {
  const secret = "webhook-secret-of-the-test", came = [];
  let status = 500;
  const receiver = createServer((asked, answer) => {
    let body = "";
    asked.on("data", (some) => { body += some; });
    asked.on("end", () => { came.push({ path: asked.url, headers: asked.headers, body, status }); answer.writeHead(status).end(); });
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  world.variables.WEBHOOK_URL = `http://127.0.0.1:${receiver.address().port}/told?key=webhook-key-of-the-test`;
  assert.match(world.dianchen(["console", "--bind", "127.0.0.1:0", "--metrics", "off"]).said, /WEBHOOK_SECRET: not set/);
  world.variables.WEBHOOK_SECRET = secret;
  let { program } = await world.console();
  await world.switches(world.variables.XINGCHEN_URL, "set?reject_numbers=S000020");
  await world.switches(world.variables.WDT_URL, "edit?shop_no=S000020&shop_name=refused");
  const ran = world.dianchen(["run", "--json"]);
  assert.equal(ran.code, 3, ran.said);
  const { run } = JSON.parse(ran.out.trim().split("\n").pop());
  await until("a try", () => came.length > 0);
  assert.equal(await world.stop(program), 0); // it is kept in the store
  status = 204;
  program = (await world.console()).program;
  const taken = await until("both", () => { const good = came.filter((one) => one.status === 204); return good.length >= 2 && good; }, 60);
  for (const one of came) {
    const [, time, mark] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(one.headers["x-dianchen-signature"]);
    assert.equal(mark, createHmac("sha256", secret).update(`${time}.${one.body}`).digest("hex"));
    assert.ok(Math.abs(Date.now() / 1000 - Number(time)) < 120);
    assert.equal(one.headers["x-dianchen-event"], JSON.parse(one.body).event);
    assert.match(one.path, /^\/told\?key=/);
  }
  const said = Object.fromEntries(taken.map((one) => [one.headers["x-dianchen-event"], JSON.parse(one.body)]));
  assert.deepEqual(Object.keys(said).sort(), ["reject.opened", "run.ended"]);
  assert.deepEqual([said["run.ended"].run.id, said["run.ended"].run.report.rejected], [run, 1]);
  assert.deepEqual([said["reject.opened"].run, said["reject.opened"].count, said["reject.opened"].rejects[0].key], [run, 1, "S000020"]);
  await wait(2500);
  assert.equal(came.filter((one) => one.status === 204).length, 2); // once each, and of older runs nothing
  assert.equal(await world.stop(program), 0);
  for (const one of [secret, "webhook-key-of-the-test"]) assert.ok(!program.said.includes(one));
  receiver.close();
  delete world.variables.WEBHOOK_URL;
});

await runCases(world);
