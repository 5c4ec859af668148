// The scheme's own tests: a record of the source with what must become of it. Kept from a record with one button, run with each change.
import { post } from "/api.js";
import { act } from "/app.js";
import { button, fill, h, pill, toast } from "/dom.js";
import { kindOf } from "/editor.js";
import { t } from "/words.js";

// What depends on the day or on this host would fail elsewhere.
const lasting = (value) => kindOf(value) !== "env" && !(kindOf(value) === "formula" && /\b(TODAY|NOW)\s*\(/i.test(value));

// A test that says what becomes of the record now. Reasons are kept in English, as `dianchen test` compares them.
async function made(draft, source, name) {
  const { data } = await post(`${draft.path}/draft`, { text: draft.text, records: [source] }, { "Accept-Language": "en" });
  const result = data.results && data.results[0];
  if (!result) throw new Error(data.faults.length ? data.faults[0].message : t("failed_load"));
  const test = { name, record: source };
  if (result.outcome === "filtered") return { ...test, filtered: true };
  if (result.outcome === "rejected") return { ...test, reject: result.message };
  const request = data.document.target.request;
  return { ...test, expect: Object.fromEntries(Object.entries(result.payload).filter(([field]) => lasting(request[field]))) };
}

export function keepDialog(draft, source, key) {
  const name = h("input", { id: "test-name", required: true, maxlength: 200, value: key || "" });
  const box = h("dialog", { "aria-labelledby": "test-title" },
    h("form", { method: "dialog" },
      h("h2", { id: "test-title" }, t("keep_test")), h("p", {}, t("keep_test_text")),
      h("p", {}, h("label", { for: "test-name" }, t("test_name")), name),
      h("div", { class: "actions" }, h("button", { value: "no", class: "plain", formnovalidate: true }, t("cancel")), h("button", { value: "yes", class: "primary" }, t("keep")))));
  box.addEventListener("close", async () => {
    box.remove();
    if (box.returnValue !== "yes") return;
    const test = await act(made(draft, source, name.value.trim()));
    if (!test) return;
    draft.make({ at: ["tests"], name: "-", value: test });
    toast(t("test_kept"));
  });
  document.body.append(box);
  box.showModal();
  name.select();
}

export function testsList(draft, mayEdit) {
  const place = h("div", {});
  return {
    place,
    update: () => {
      const tests = Array.isArray(draft.document.tests) ? draft.document.tests : [];
      const failures = new Map(((draft.tests && draft.tests.failures) || []).map((one) => [one.name, one.why]));
      fill(place, tests.length === 0 ? h("p", { class: "quiet" }, t("no_tests")) : h("ul", { class: "checks" }, tests.map((one, i) => h("li", {},
        draft.tests && pill(failures.has(one.name) ? "bad" : "good", t(failures.has(one.name) ? "check_fail" : "check_ok")),
        h("b", {}, one.name), h("span", { class: "grow" }, failures.get(one.name) || ""),
        mayEdit && h("button", { type: "button", class: "plain small", "aria-label": `${t("remove")}: ${one.name}`, onclick: () => draft.make({ at: ["tests"], name: String(i) }) }, "×")))));
    },
  };
}
