// An API file that is edited: made, changed as a text, given fields that the API has and the file lacks, removed.
import { get, post, put, remove } from "/api.js";
import { act } from "/app.js";
import { add, button, confirm, fill, h, number, shown, toast } from "/dom.js";
import { table } from "/parts.js";
import { t } from "/words.js";

const pathOf = (name) => `apis/${encodeURIComponent(name)}`;
const typeOf = (value) => (Array.isArray(value) ? "array" : typeof value === "boolean" ? "boolean" : typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : "string");

// The whole text. `again` draws the page anew.
export function textEditor(name, file, again) {
  const text = h("textarea", { id: "api-text", class: "whole", rows: 24, spellcheck: "false", value: file.text });
  const said = h("p", { class: "bad", role: "alert" });
  const save = button(t("save"), { class: "primary", disabled: true }, "check");
  text.addEventListener("input", () => { save.disabled = text.value === file.text; said.textContent = ""; });
  save.addEventListener("click", async () => {
    save.disabled = true;
    try {
      await put(pathOf(name), { text: text.value }, file.etag);
      toast(t("saved"));
      again();
    } catch (error) {
      fill(said, [error.line && t("line", { n: error.line }), error.message].filter(Boolean).join(": "));
      save.disabled = false;
    }
  });
  const away = async () => {
    if (!(await confirm(t("remove_api"), t("remove_api_text", { name }), t("remove"), "danger"))) return;
    if (await act(remove(pathOf(name), file.etag), t("api_removed"))) location.hash = "#/apis";
  };
  return h("section", { class: "card" }, h("details", {}, h("summary", {}, h("b", {}, t("api_edit"))), h("p", { class: "quiet" }, t("api_edit_text")), h("label", { for: "api-text", class: "hidden" }, t("whole_text")), text, said,
    h("div", { class: "row" }, save, h("a", { class: "button", href: `#/apis/${encodeURIComponent(name)}/history` }, t("history")), file.used_by.length === 0 && button(t("remove_api"), { class: "plain", onclick: away }))));
}

// What records have, and the file does not name: each is added by a button.
export function unknownFields(name, file, records, again) {
  const known = file.document.response || {};
  const found = new Map(records.flatMap((one) => Object.entries(one)).filter(([field]) => !(field in known)));
  if (!found.size) return null;
  const row = ([field, value]) => {
    const label = h("input", { "aria-label": `${t("label")}: ${field}`, placeholder: field });
    const take = async () => {
      if (await act(put(pathOf(name), { changes: [{ at: ["response"], name: field, value: { label: label.value.trim() || field, type: typeOf(value) } }] }, file.etag), t("field_added", { name: field }))) again();
    };
    return h("tr", {}, h("th", { scope: "row" }, h("code", {}, field)), h("td", {}, typeOf(value)), h("td", { class: "wide" }, shown(value)), h("td", {}, label), h("td", {}, button(t("add"), { class: "small", "aria-label": `${t("add")}: ${field}`, onclick: take })));
  };
  return h("section", { class: "notice" }, h("h3", {}, t("fields_unknown", { n: number(found.size) })), h("p", {}, t("fields_unknown_text")), table([t("api_field"), t("type"), t("value"), t("label"), ""], [...found].map(row), t("fields_unknown", { n: number(found.size) })));
}

// A new one: from a sample of the reply, or as a copy.
export function newDialog(apis) {
  const name = h("input", { id: "api-name", required: true, maxlength: 100, autocomplete: "off", spellcheck: "false", placeholder: "wdt.purchase.query" });
  const label = h("input", { id: "api-label", maxlength: 100, autocomplete: "off" });
  const of = h("select", { id: "api-of" }, h("option", { value: "" }, t("from_sample")), apis.map((one) => h("option", { value: one.name }, `${t("copy_of")}: ${one.label || one.name}`)));
  const sample = h("textarea", { id: "api-sample", rows: 10, spellcheck: "false", placeholder: '{"code":0,"list":[{"no":"1","name":"…"}]}' });
  const sampleRow = h("div", {}, h("label", { for: "api-sample" }, t("sample")), sample);
  of.addEventListener("change", () => { sampleRow.hidden = of.value !== ""; });
  const said = h("p", { class: "bad", role: "alert" });
  const box = h("dialog", { "aria-labelledby": "api-title", class: "large" });
  const form = h("form", {}, h("h2", { id: "api-title" }, t("new_api")), h("p", {}, t("new_api_text")),
    h("label", { for: "api-name" }, t("api_name")), name, h("label", { for: "api-label" }, t("label")), label, h("label", { for: "api-of" }, t("made_from")), of, sampleRow, said,
    h("div", { class: "actions" }, button(t("cancel"), { class: "plain", onclick: () => box.close() }), h("button", { class: "primary" }, t("make_it"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const from = of.value ? { copy_of: of.value } : { sample: JSON.parse(sample.value) };
      const made = await post("apis", { name: name.value.trim(), ...(label.value.trim() ? { label: label.value.trim() } : {}), ...from });
      box.close();
      location.hash = `#/apis/${encodeURIComponent(made.data.name)}`;
    } catch (error) {
      fill(said, error instanceof SyntaxError ? `${t("sample")}: ${error.message}` : error.message);
    }
  });
  box.addEventListener("close", () => box.remove());
  document.body.append(add(box, form));
  box.showModal();
}
