// The pages in a real browser, used as a person would: main tasks in both languages, light and dark, at three widths, by keyboard;
// judged by axe-core; pictures in BUILD/log. pages.mjs BUILD
import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { HOSTILE, World, runCases, test, until } from "./world.mjs";

const build = process.argv[2];
const world = new World(build);
await world.doubles(["--shops", "400"], ["--reject_numbers", "S000003,S000110,S000200"]);
await world.switches(world.variables.WDT_URL, `edit?${new URLSearchParams({ shop_no: "S000003", shop_name: HOSTILE })}`);
assert.equal(world.dianchen(["run"]).code, 3);
world.dianchen(["run", "--limit", "100"]);
const console_ = await world.console();
const reader = world.token("looker", "--read-only");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"] });
const problems = [];
let state;

async function open({ language = "en", theme = "light", width = 1280, token, store = state } = {}) {
  const context = await browser.newContext({ locale: language === "zh" ? "zh-CN" : "en-GB", colorScheme: theme, viewport: { width, height: 900 }, storageState: store, timezoneId: "Asia/Shanghai", bypassCSP: false });
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(`${message.text()} at ${page.url()}`); });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => { const url = new URL(request.url()); if (url.origin !== console_.address && url.protocol !== "blob:") problems.push(`asks ${url.host}`); });
  if (token) await page.goto(`${console_.address}/#token=${token}`);
  return page;
}
const go = async (page, path) => { await page.goto(`${console_.address}/#/${path}`); await page.locator("main h1").first().waitFor(); await page.waitForLoadState("load"); };
const picture = (page, name) => page.screenshot({ path: join(build, "log", `console-${name}.png`), fullPage: true });
const press = (page, name) => page.getByRole("button", { name, exact: true }).first().click();

// What axe-core finds serious, and whether anything is wider than the window.
async function judge(page, what) {
  const found = await page.evaluate(`(() => { const module = undefined, exports = undefined, define = undefined; ${axe}; return axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }); })()`);
  const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  assert.deepEqual(serious.map((one) => `${what}: ${one.id}: ${one.nodes.map((node) => `${node.html} ${node.failureSummary}`).slice(0, 3).join("; ")}`), []);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${what} is ${over} px wider than the window`);
}

test("the link signs in, once, and the token is in no address any more", async () => {
  const page = await open({ token: console_.token });
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  assert.equal(page.url(), `${console_.address}/#/overview`);
  state = await page.context().storageState();
  assert.equal(await page.evaluate(() => document.cookie), "");
  await page.context().close();
  const again = await open({ token: console_.token, store: { cookies: [], origins: [] } });
  await again.getByRole("alert").getByText("used already").waitFor();
  await picture(again, "login");
  await judge(again, "login");
  await again.getByLabel("Token").fill(reader);
  await again.getByLabel("Token").press("Enter");
  await again.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  assert.equal(await again.getByRole("button", { name: "Run now" }).count(), 0);
  assert.equal(await again.getByRole("link", { name: "Audit" }).count(), 0);
  await again.getByRole("button", { name: "Log out" }).click();
  await again.getByLabel("Token").waitFor();
  await again.context().close();
  problems.splice(0, problems.length, ...problems.filter((one) => !one.includes("401")));
});

const first = world.dianchen(["status", "--json"]).out;
const newest = JSON.parse(first).run;
const places = [["overview", "overview"], ["runs", "runs"], ["run", `runs/${newest - 1}`], ["rejects", "rejects"], ["records", "records"], ["record", "records/S000003"], ["mapping", "mapping/shop-to-material"], ["history", "mapping/shop-to-material/history"], ["schemes", "mapping"], ["apis", "apis"], ["source", "apis/wdt.shop.query"], ["connections", "connections"], ["audit", "audit"], ["api", "api"]];
for (const [language, theme, width] of [["en", "light", 1280], ["zh", "dark", 1920], ["zh", "light", 390], ["en", "dark", 390]]) {
  test(`every page in ${language}, ${theme}, ${width} px: no serious fault for a screen reader, nothing cut off`, async () => {
    const page = await open({ language, theme, width });
    for (const [name, path] of places) {
      await go(page, path);
      if (name === "rejects") await page.getByRole("button", { name: "S000003" }).click();
      await page.waitForTimeout(250);
      await judge(page, `${name} ${language} ${theme} ${width}`);
      await picture(page, `${name}-${language}-${theme}-${width}`);
      const words = await page.locator("main").innerText();
      if (language === "zh") assert.ok(/[\u4e00-\u9fff]/.test(words), name);
      if (language === "zh" && name === "api") {
        for (const said of await page.locator("summary .quiet").allInnerTexts()) assert.match(said, /[\u4e00-\u9fff]/);
      }
    }
    await page.context().close();
  });
}

test("a source API is called by who knows none of its service: the records come, page by page", async () => {
  const page = await open();
  await go(page, "apis");
  await page.getByRole("link", { name: "查询店铺" }).click();
  await page.getByRole("heading", { name: "Call it" }).waitFor();
  await page.getByLabel("shop_no").fill("S000005");
  await press(page, "Call");
  const record = page.getByRole("region", { name: "Record 1", exact: true });
  await record.getByRole("cell", { name: "S000005", exact: true }).waitFor();
  assert.equal(await page.locator('div[aria-live="polite"] summary').count(), 1);
  await page.getByLabel("shop_no").fill("");
  await press(page, "Call");
  await press(page, "Next page");
  await record.getByRole("cell", { name: "S000021", exact: true }).waitFor();
  await judge(page, "a source that is called");
  await page.screenshot({ path: join(build, "log", "console-task-16-source.png"), fullPage: true });
  await page.context().close();
});

test("an API file is made from a reply that is pasted; a field that a file lacks is added by a button", async () => {
  const page = await open();
  await go(page, "apis");
  await press(page, "New API file");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the API").fill("erp.orders");
  await dialog.getByLabel("Label").fill("Orders");
  await dialog.getByLabel("A reply of the API").fill('{"list":[{"no":"1"');
  await dialog.getByRole("button", { name: "Make it" }).click();
  await dialog.getByRole("alert").getByText("A reply of the API, as JSON:").waitFor();
  await dialog.getByLabel("A reply of the API").fill('{"list":[{"no":"1","qty":2}]}');
  await judge(page, "new API file");
  await picture(page, "task-17-new-api");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("heading", { name: "Orders" }).waitFor();
  await page.getByRole("row", { name: /qty/ }).getByText("integer").waitFor();
  await page.getByText("Edit the file").click();
  const text = page.getByLabel("The whole text");
  await text.fill((await text.inputValue()).replace('"integer"', '"intgr"'));
  await press(page, "Save");
  await page.getByText(/line \d+: .*did you mean integer/).waitFor();
  problems.splice(0, problems.length, ...problems.filter((one) => !one.includes("422"))); // the browser's own word of the refusal
  await text.fill((await text.inputValue()).replace('"intgr"', '"number"'));
  await press(page, "Save");
  await page.getByRole("row", { name: /qty/ }).getByText("number").waitFor();
  await page.getByText("Edit the file").click();
  await press(page, "Remove the file");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("link", { name: "查询店铺" }).waitFor();
  assert.equal(await page.getByText("erp.orders").count(), 0);
  // A field that the API gives, and the file does not name.
  const file = "schemes/api/wdt.shop.query.json", whole = world.read(file);
  const lacks = whole.split("\n").filter((line) => !/^ *"zip":/.test(line)).join("\n");
  assert.notEqual(lacks, whole);
  world.write(file, lacks);
  await page.getByRole("link", { name: "查询店铺" }).click();
  await press(page, "Call");
  await page.getByRole("heading", { name: "Fields that the file lacks: 1" }).waitFor();
  await page.getByLabel("Label: zip").fill("邮编");
  await picture(page, "task-18-unknown");
  await page.getByRole("button", { name: "Add: zip" }).click();
  await page.getByText("zip is added").waitFor();
  await page.getByRole("row", { name: /^zip/ }).getByText("邮编").waitFor();
  assert.match(world.read(file), /"zip": *\{ *"label": *"邮编"/);
  world.write(file, whole);
  await page.context().close();
});

test("names of shops stay text: nothing of them runs", async () => {
  const page = await open();
  await go(page, "rejects");
  await page.getByRole("button", { name: "S000003" }).click();
  await page.getByRole("cell", { name: HOSTILE }).first().waitFor();
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.equal(await page.locator("main img").count(), 0);
  await page.context().close();
});

test("a dry run is ordered, and says what it would do", async () => {
  const page = await open();
  await go(page, "runs");
  await press(page, "Start a run");
  await page.getByLabel("What").selectOption("dry");
  await picture(page, "task-1-order");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByText("It would create").first().waitFor({ timeout: 60000 });
  await picture(page, "task-2-dry-run");
  await page.context().close();
});

test("a reject is closed, and looked at among the closed ones", async () => {
  const page = await open();
  await go(page, "rejects");
  await page.getByRole("button", { name: "S000003" }).click();
  await page.getByRole("heading", { name: "S000003" }).waitFor();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.getByText("1 closed").waitFor();
  await page.getByRole("button", { name: "S000003" }).waitFor({ state: "detached" });
  await page.getByLabel("Closed ones").check();
  await page.getByRole("button", { name: "S000003" }).click();
  await page.getByText("Closed", { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Close", exact: true }).count(), 0);
  await page.context().close();
});

test("in Chinese: a reject is found, understood and sent again after it was mended", async () => {
  const page = await open({ language: "zh" });
  await go(page, "overview");
  await page.getByRole("link", { name: /未处理拒收/ }).click();
  await page.getByRole("button", { name: "S000110" }).click();
  await page.getByRole("heading", { name: "S000110" }).waitFor();
  await picture(page, "task-3-reject");
  await world.switches(world.variables.XINGCHEN_URL, "set?reject_numbers=none");
  await page.getByRole("button", { name: "重发", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "重发" }).click();
  await page.getByText("正在重发").waitFor();
  await until("the reject is gone", async () => !world.dianchen(["rejects", "list"]).out.includes("S000110"));
  await page.getByRole("button", { name: "S000110" }).waitFor({ state: "detached", timeout: 20000 });
  await page.goto(`${console_.address}/#/records/S000110`);
  await page.getByText("新建", { exact: true }).first().waitFor();
  await picture(page, "task-4-record");
  await page.context().close();
});

test("a record is found by its key; one that never was is said to be none", async () => {
  const page = await open();
  await go(page, "records");
  await page.getByRole("searchbox").fill("S000042");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "S000042", level: 1 }).waitFor();
  await page.getByText("Read from").first().waitFor();
  await go(page, "records");
  await page.getByRole("searchbox").fill("nothing-like-it");
  await page.keyboard.press("Enter");
  await page.getByText("No such record was ever seen.").waitFor();
  await page.context().close();
});

test("a formula is tried on a real record: completion, result, and the mistake is marked while one types", async () => {
  const page = await open();
  await go(page, "mapping/shop-to-material");
  await press(page, "Fetch records of the source");
  await page.getByText("is written").first().waitFor({ timeout: 30000 });
  const field = page.getByLabel("Try a formula");
  await field.fill("");
  await field.pressSequentially("=UPP");
  await page.getByRole("option", { name: /UPPER/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await field.pressSequentially("shop_n");
  await page.getByRole("option", { name: /shop_no/ }).first().waitFor();
  await picture(page, "task-5-completion");
  await page.keyboard.press("Tab");
  assert.match(await field.inputValue(), /^=UPPER\(shop_n(o|ame)$/);
  await field.fill('=UPPER(shop_no) & "-新"');
  await page.locator("output").getByText("S000001-新").waitFor();
  await picture(page, "task-6-result");
  await field.fill("=TRIM(shop_nmae)");
  await page.locator("output mark").waitFor();
  assert.match(await page.locator("output").innerText(), /shop_name/);
  await picture(page, "task-7-mistake");
  await page.context().close();
});

const grid = (page, name) => page.locator(`tr[data-field="${name}"]`);
const fetched = async (page) => {
  await go(page, "mapping/shop-to-material");
  await page.getByRole("button", { name: /Fetch records of the source|读取源记录/ }).click();
  await page.getByText(/is written|将写入/).first().waitFor({ timeout: 30000 });
};
const edit = async (page, name, text) => {
  await grid(page, name).getByRole("button", { name: /^(Edit|编辑)/ }).click();
  const field = page.locator("tr.editor textarea");
  if (text !== undefined) await field.fill(text);
  return field;
};

test("a field is mapped by keyboard: found by its label, with the result of a record; a mistake is told at its place", async () => {
  const page = await open();
  await fetched(page);
  await page.getByLabel("only those with a value").uncheck();
  await page.getByLabel("Filter fields").fill("barcode");
  await grid(page, "barcode").getByRole("button", { name: /^Edit/ }).focus();
  await page.keyboard.press("Enter");
  await page.locator("tr.editor textarea").pressSequentially("店铺编");
  await page.getByRole("option", { name: /shop_no/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("tr.editor .result").getByText("S000001").waitFor();
  await judge(page, "editor");
  await page.keyboard.press("Enter");
  await page.getByText("Changes: 1").waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.getAttribute("aria-label").startsWith("Edit: ")));
  await grid(page, "barcode").getByText("S000001").waitFor();
  await page.getByLabel("Filter fields").fill("");
  const field = await edit(page, "name", "=TRIM(shop_nmae)");
  await page.locator("tr.editor mark").waitFor();
  assert.match(await page.locator("tr.editor .result").innerText(), /shop_name/);
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  await picture(page, "task-8-editor");
  await page.keyboard.press("Enter"); // taken as it is: told at its row, and not to be saved
  await grid(page, "name").getByText("did you mean shop_name").waitFor();
  await page.getByText("Faults: 1").waitFor();
  await press(page, "Review and save");
  await page.getByRole("dialog").getByText("/target/request/name").waitFor();
  assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled());
  await page.keyboard.press("Escape");
  await press(page, "Undo");
  await page.getByText("Faults: 1").waitFor({ state: "detached" });
  await press(page, "Redo");
  await page.getByText("Faults: 1").waitFor();
  await press(page, "Discard");
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await grid(page, "name").getByText("=TRIM(shop_name)").waitFor();
  await page.context().close();
});

test("an id is chosen from the target's list, where a field wants one; the lists can be searched", async () => {
  const page = await open();
  await fetched(page);
  await page.getByLabel("only those with a value").uncheck();
  await page.getByLabel("Filter fields").fill("saleunitid_id");
  await grid(page, "saleunitid_id").getByRole("button", { name: /^Edit/ }).click();
  await press(page, "Choose from units");
  await page.getByRole("dialog").getByRole("cell", { name: "箱", exact: true }).waitFor();
  await judge(page, "pick");
  await picture(page, "task-15-pick");
  await page.getByRole("button", { name: "Choose: 箱" }).click();
  await page.locator("tr.editor .result").getByText("3", { exact: true }).waitFor();
  await page.locator("tr.editor textarea").press("Enter");
  await page.getByText("Changes: 1").waitFor();
  await grid(page, "saleunitid_id").getByText("3").first().waitFor();
  await page.locator("#target-find").fill("02");
  await press(page, "Look up");
  await page.getByRole("region", { name: "units" }).getByRole("cell", { name: "件" }).waitFor();
  assert.equal(await page.getByRole("region", { name: "units" }).getByRole("cell", { name: "箱" }).count(), 0);
  await press(page, "Discard");
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await page.context().close();
});

test("nothing of a mapping is cut off beside its records at 1280 px", async () => {
  for (const [width, language] of [[1280, "en"], [1280, "zh"]]) {
    const page = await open({ width, language });
    await fetched(page);
    const over = await page.locator(".grid").evaluate((table) => table.parentElement.scrollWidth - table.parentElement.clientWidth);
    assert.ok(over <= 0, `${over} px are cut off in ${language}`);
    await page.context().close();
  }
});

test("in Chinese, on a phone: a field and a table are changed, tried in a dry run and saved; the history puts them back", async () => {
  const before = world.read("schemes/shop-to-material.json");
  const page = await open({ language: "zh", width: 390, theme: "dark" });
  await fetched(page);
  await edit(page, "name", '=TRIM(shop_name) & "-新"');
  await page.locator("tr.editor .result").getByText("-新").waitFor();
  await judge(page, "editor on a phone");
  await picture(page, "task-9-phone");
  await page.getByRole("button", { name: "确定" }).click();
  await page.getByLabel("platform 39", { exact: true }).fill("拼多多店");
  await page.getByLabel("platform 39", { exact: true }).press("Tab");
  await page.getByLabel("platform: 键").fill("999");
  await page.getByLabel("platform: 取值").fill("自营");
  await page.getByLabel("platform: 取值").press("Enter");
  await page.getByText("修改：3").waitFor();
  await page.getByLabel("platform 999", { exact: true }).waitFor();
  await page.getByRole("button", { name: "检查并保存" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("个测试失败").or(dialog.getByText(/个失败/)).first().waitFor();
  await judge(page, "review");
  await dialog.getByRole("button", { name: "试运行" }).click();
  await dialog.getByText(/将新建 \d+、更新/).waitFor({ timeout: 60000 });
  await dialog.getByRole("heading", { name: /^将更新/ }).waitFor();
  await dialog.getByRole("cell", { name: "S000001", exact: true }).waitFor();
  await page.screenshot({ path: join(build, "log", "console-task-10-review.png") });
  assert.equal(world.read("schemes/shop-to-material.json"), before);
  await dialog.getByRole("button", { name: "保存", exact: true }).click();
  await page.getByText("已保存").first().waitFor();
  const after = world.read("schemes/shop-to-material.json");
  assert.match(after, /"39": "拼多多店"/);
  assert.match(after, /"999": "自营"/);
  assert.ok(after.includes("// moving average"));
  assert.equal(world.dianchen(["lint", world.scheme]).code, 0);
  await page.getByRole("link", { name: "历史" }).click();
  await page.getByRole("button", { name: /^版本/ }).nth(1).click();
  await page.getByRole("button", { name: "恢复此版本" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "恢复此版本" }).click();
  await until("the old text", async () => world.read("schemes/shop-to-material.json") === before);
  await page.getByRole("button", { name: /^版本/ }).nth(2).waitFor();
  await go(page, "audit");
  await page.getByText("保存方案").first().waitFor();
  await page.context().close();
});

test("a record is kept as a test of the scheme; a table goes out as CSV and comes in again", async () => {
  const before = world.read("schemes/shop-to-material.json");
  const page = await open();
  await fetched(page);
  await press(page, "Keep this record as a test");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the test").fill("kept here");
  await dialog.getByRole("button", { name: "Keep", exact: true }).click();
  await page.getByText("Changes: 1").waitFor();
  const kept = page.getByRole("listitem").filter({ hasText: "kept here" });
  await kept.getByText("ok", { exact: true }).waitFor();
  await edit(page, "name", "=UPPER(shop_no)");
  await page.keyboard.press("Enter");
  await kept.getByText("fails", { exact: true }).waitFor();
  await press(page, "Undo");
  await kept.getByText("ok", { exact: true }).waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export CSV: platform" }).click()]);
  const csv = readFileSync(await file.path(), "utf8");
  assert.match(csv, /^\ufeff"key","value"\r\n"/);
  await page.locator('input[type=file][aria-label="Import CSV: platform"]').setInputFiles({ name: "platform.csv", mimeType: "text/csv", buffer: Buffer.from(`${csv}"888","'=a ""b"", c"\r\n`) });
  await page.getByText("Changes: 2").waitFor();
  assert.equal(await page.getByLabel("platform 888", { exact: true }).inputValue(), '=a "b", c');
  await judge(page, "tests and tables");
  await page.screenshot({ path: join(build, "log", "console-task-13-tests.png"), fullPage: true });
  await press(page, "Review and save");
  await press(page, "Save");
  await page.getByText("Saved.").first().waitFor();
  const after = world.read("schemes/shop-to-material.json");
  assert.ok(after.includes('"kept here"') && after.includes('"888": "=a \\"b\\", c"'), after);
  assert.equal(world.dianchen(["test", world.scheme]).code, 0);
  await page.getByRole("button", { name: "Remove: kept here" }).click();
  await kept.waitFor({ state: "detached" });
  world.write("schemes/shop-to-material.json", before);
  await page.context().close();
});

test("a table in a file is edited in its place, saved by itself, and put back from its history", async () => {
  const before = world.read("schemes/shop-to-material.json"), file = "schemes/region.csv", text = "shop,area\nS000001,north\nS000002,south\n";
  world.write(file, text);
  world.write("schemes/shop-to-material.json", before.replace('"tables": {', '"tables": {\n    "region": "region.csv",'));
  const page = await open();
  await go(page, "mapping/shop-to-material");
  await page.locator("summary").filter({ hasText: "region.csv" }).click();
  const area = page.getByLabel("region S000001 area", { exact: true });
  await area.fill("北区");
  await press(page, "Add a row: region");
  for (const word of ["S000009", "东区"]) { await page.keyboard.type(word); await page.keyboard.press("Tab"); }
  await page.getByText("not saved yet").waitFor();
  await judge(page, "a table in a file");
  await page.screenshot({ path: join(build, "log", "console-task-15-table.png"), fullPage: true });
  await press(page, "Save: region");
  await page.getByText("Saved.").first().waitFor();
  assert.equal(world.read(file), "shop,area\nS000009,东区\nS000001,北区\nS000002,south\n");
  // Somebody else was quicker: told, and their table comes in its place.
  world.write(file, "shop,area\nS000001,theirs\n");
  await area.fill("mine");
  await area.press("Tab");
  await press(page, "Save: region");
  await page.getByRole("alert").filter({ hasText: "changed meanwhile" }).waitFor();
  await press(page, "Load anew: region");
  await until("their table", async () => (await area.inputValue()) === "theirs");
  await page.locator('input[type=file][aria-label="Import CSV: region"]').setInputFiles({ name: "x.csv", mimeType: "text/csv", buffer: Buffer.from("\ufeffshop;area\r\nS000001;\"'=1\"\r\n") });
  await until("what came in", async () => (await area.inputValue()) === "=1");
  await press(page, "Save: region");
  await until("the file", async () => world.read(file) === "shop,area\nS000001,=1\n");
  await page.getByRole("link", { name: "History: region" }).click();
  await page.getByRole("button", { name: /^Version/ }).last().click();
  await press(page, "Put back");
  await page.getByRole("dialog").getByRole("button", { name: "Put back" }).click();
  await until("the first table", async () => world.read(file) === text);
  problems.splice(0, problems.length, ...problems.filter((one) => !one.includes("412")));
  await page.context().close();
  rmSync(join(world.folder, file));
  world.write("schemes/shop-to-material.json", before);
});

test("two browsers edit one scheme: the second is told who saved what, and its change goes into theirs", async () => {
  const before = world.read("schemes/shop-to-material.json");
  const first = await open(), second = await open({ theme: "dark" });
  for (const page of [first, second]) await fetched(page);
  await edit(first, "name", "=UPPER(TRIM(shop_name))");
  await first.keyboard.press("Enter");
  await edit(second, "helpcode", "shop_name");
  await second.keyboard.press("Enter");
  await second.getByText("Changes: 1").waitFor();
  await press(first, "Review and save");
  await press(first, "Save");
  await first.getByText("Saved.").first().waitFor();
  await press(second, "Review and save");
  const dialog = second.getByRole("dialog");
  await dialog.getByText("link saved this scheme meanwhile.").waitFor();
  await dialog.getByText("=UPPER(TRIM(shop_name))").waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Save", exact: true }).isVisible(), false);
  await judge(second, "meanwhile");
  await second.screenshot({ path: join(build, "log", "console-task-11-meanwhile.png") });
  await dialog.getByRole("button", { name: "Make my changes in theirs" }).click();
  await dialog.getByText("What changes in the file").waitFor();
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await second.getByText("Saved.").first().waitFor();
  const after = world.read("schemes/shop-to-material.json");
  assert.ok(after.includes("=UPPER(TRIM(shop_name))") && after.includes('"helpcode": "{{shop_name}}"'));
  world.write("schemes/shop-to-material.json", before);
  for (const page of [first, second]) await page.context().close();
});

test("a scheme is made as a copy of another, and removed", async () => {
  const page = await open({ language: "zh" });
  await go(page, "mapping");
  await page.getByRole("button", { name: "新建方案" }).click();
  await page.getByLabel("方案名称").fill("店铺 二号");
  assert.equal(await page.getByLabel("文件名（不含 .json）").inputValue(), "店铺-二号");
  await judge(page, "a new scheme");
  await picture(page, "task-14-new-scheme");
  await page.getByRole("button", { name: "新建", exact: true }).click();
  await page.getByRole("heading", { name: "店铺 二号", level: 1 }).waitFor();
  assert.match(world.read("schemes/店铺-二号.json"), /"name": *"店铺 二号"/);
  await page.getByRole("button", { name: "移除" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "移除" }).click();
  await page.getByText("方案已移除。").waitFor();
  await page.getByRole("heading", { name: "映射", level: 1 }).waitFor();
  assert.ok(!readdirSync(join(world.folder, "schemes")).includes("店铺-二号.json"));
  await page.context().close();
});

test("connections are tested by a button, and no secret is on the page", async () => {
  const page = await open({ language: "zh" });
  await go(page, "connections");
  await page.getByText("控制台启动后尚未测试。").waitFor();
  await page.getByRole("button", { name: "测试连接" }).click();
  await page.getByText("全部正常").waitFor({ timeout: 60000 });
  await page.getByText(/应答 wdt\.shop\.query/).waitFor();
  await judge(page, "connections");
  await picture(page, "task-12-connections");
  const text = await page.locator("main").innerText();
  assert.match(text, /WDT_APP_SECRET/);
  for (const secret of ["demo_source_secret", "demo_target_secret", "demo_password"]) assert.ok(!text.includes(secret));
  await page.getByRole("button", { name: "设置 ALERT_SECRET" }).click();
  await page.getByLabel("ALERT_SECRET", { exact: true }).fill("robot-secret-of-the-page");
  await judge(page, "connections, writing");
  await picture(page, "task-13-setting");
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await page.getByText("已写入。").waitFor();
  assert.equal(world.read(".env"), "ALERT_SECRET=robot-secret-of-the-page\n");
  assert.ok(!(await page.locator("main").innerHTML()).includes("robot-secret"));
  await page.context().close();
});

test("a reader sees the mapping and its history, and can't edit", async () => {
  const page = await open({ token: reader, store: { cookies: [], origins: [] } });
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await go(page, "mapping/shop-to-material");
  await grid(page, "name").getByText("=TRIM(shop_name)").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Edit/ }).count(), 0);
  assert.equal(await page.locator("main input:not([type=search]):not([type=checkbox])").count(), 0);
  await page.context().close();
});

test("the keyboard alone: from the top to a run's page, focus seen all the way", async () => {
  const page = await open();
  await go(page, "overview");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  let reached = false;
  for (let i = 0; i < 40 && !reached; i++) {
    await page.keyboard.press("Tab");
    reached = await page.evaluate(() => document.activeElement.getAttribute("href") === "#/runs");
  }
  assert.ok(reached);
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await page.context().close();
});

test("the language is switched and kept; light and dark too", async () => {
  const page = await open();
  await go(page, "runs");
  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("heading", { name: "运行", level: 1 }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "运行", level: 1 }).waitFor();
  await page.goto(`${console_.address}/#/runs/999999`);
  await page.getByText("没有运行 999999").waitFor(); // what the server says, too
  problems.splice(0, problems.length, ...problems.filter((one) => !one.includes("404")));
  await go(page, "runs");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
  const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.getByRole("button", { name: "浅色或深色" }).click();
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), before);
  await page.context().close();
});

test("downloads: rejects as a table, a run's report", async () => {
  const page = await open();
  await go(page, "rejects");
  const [table] = await Promise.all([page.waitForEvent("download"), press(page, "CSV")]);
  assert.equal(table.suggestedFilename(), "dianchen-rejects.csv");
  await go(page, `runs/${newest}`);
  const [report] = await Promise.all([page.waitForEvent("download"), press(page, "Report with charts")]);
  assert.match(readFileSync(await report.path(), "utf8"), /<svg/);
  await page.context().close();
});

test("the first look is quick and small, and comes from this host alone", async () => {
  const page = await open();
  let bytes = 0;
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  session.on("Network.loadingFinished", (one) => { bytes += one.encodedDataLength; });
  await page.goto(`${console_.address}/#/overview`);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  console.log(`first paint ${Math.round(paint)} ms, ${bytes} bytes`);
  assert.ok(bytes > 20 << 10 && bytes <= 120 << 10, `${bytes} bytes over the wire`);
  await page.context().close();
});

test("a page of another origin can't call, frame or read the console", async () => {
  const context = await browser.newContext({ storageState: state });
  const page = await context.newPage();
  await page.route("http://stranger.example/", (route) => route.fulfill({ contentType: "text/html", body: "<iframe></iframe><form method=post></form>" }));
  await page.goto("http://stranger.example/");
  const runs = () => JSON.parse(world.dianchen(["status", "--json"]).out).run;
  const before = runs();
  const tried = await page.evaluate(async (address) => {
    const results = [];
    for (const [method, headers] of [["GET", {}], ["GET", { "X-Dianchen": "1" }], ["POST", { "X-Dianchen": "1", "Content-Type": "application/json" }], ["POST", { "Content-Type": "text/plain" }]]) {
      results.push(await fetch(`${address}/api/v1/runs`, { method, headers, credentials: "include", mode: "cors", body: method === "POST" ? '{"scheme":"shop-to-material","kind":"run","where":"here"}' : undefined }).then((answer) => `read ${answer.status}`, () => "refused"));
    }
    const frame = document.querySelector("iframe");
    frame.src = address;
    await new Promise((resolve) => { frame.onload = resolve; setTimeout(resolve, 3000); });
    return results;
  }, console_.address);
  assert.deepEqual(tried, ["refused", "refused", "refused", "refused"]);
  const framed = page.frames().find((frame) => frame.url().startsWith(console_.address));
  assert.ok(!framed || (await framed.locator("#app").count()) === 0);
  assert.equal(runs(), before);
  await context.close();
});

test("no page said anything on the browser's console, and none asked another host", async () => {
  assert.deepEqual(problems, []);
  await browser.close();
});

await runCases(world);
