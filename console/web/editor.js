// The rows of a mapping, and the editors of one field and of a table.
import { keepFile } from "/api.js";
import { csvOf, tableOf } from "/csv.js";
import { button, fill, h, pill, shown, toast } from "/dom.js";
import { completion, inFormula, marked } from "/formula.js";
import { pickDialog } from "/lookup.js";
import { tableFile } from "/tablefile.js";
import { t } from "/words.js";

export function kindOf(value) {
  if (value === undefined) return null;
  if (value !== null && typeof value === "object") return "rows";
  if (typeof value !== "string") return "constant";
  if (value.startsWith("=")) return "formula";
  if (/^\{\{env\.[^{}]+\}\}$/.test(value)) return "env";
  if (/^\{\{[^{}]+\}\}$/.test(value)) return "field";
  return value.includes("{{") ? "template" : "constant";
}

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

// What a person wrote, as the scheme keeps it. Throws where rows are no JSON.
function valueOf(kind, text, type, before) {
  if (kind === "none") return undefined;
  if (kind === "field") return `{{${text.trim()}}}`;
  if (kind === "formula") return text.startsWith("=") ? text : `=${text}`;
  if (kind === "rows") return JSON.parse(text);
  if (kind === "constant" && (typeof before === "boolean" || type === "boolean") && /^(true|false)$/.test(text)) return text === "true";
  if (kind === "constant" && typeof before === "number" && /^-?\d{1,15}(\.\d{1,6})?$/.test(text)) return Number(text);
  return text;
}

// The editor of one field, in the place of its row.
export function fieldEditor(one, draft, sources, done) {
  const before = draft.document.target.request[one.name];
  const first = kindOf(before) || "field";
  const id = `edit-${one.name}`;
  const kind = h("select", { id: `${id}-kind` }, ["field", "formula", "template", "constant", ...(first === "env" ? ["env"] : []), ...(first === "rows" ? ["rows"] : []), "none"].map((name) =>
    h("option", { value: name, selected: name === first }, t(name === "none" ? "no_value" : `kind_${name}`))));
  const field = h("textarea", { id, rows: 2, value: before === undefined ? "" : first === "field" ? before.slice(2, -2) : written(before) });
  const said = h("div", { class: "result", "aria-live": "polite" });
  const inField = (text) => {
    const part = /[^{}]*$/.exec(text)[0].trim().toLowerCase();
    return { from: text.length - /[^{}]*$/.exec(text)[0].length, options: sources.fields.filter((source) => source.name.toLowerCase() !== part && `${source.name} ${source.label || ""}`.toLowerCase().includes(part)).map((source) => ({ name: source.name, more: source.label })) };
  };
  const find = (text) => {
    if (kind.value === "field") return inField(text);
    if (kind.value === "formula") return inFormula(sources.fields, sources.functions)(text);
    return kind.value === "template" && /\{\{[^{}]*$/.test(text) ? { ...inField(text), options: inField(text).options.map((option) => ({ ...option, text: `${option.name}}}` })) } : null;
  };
  const change = () => ({ at: ["target", "request"], name: one.name, value: valueOf(kind.value, field.value, one.type, before) });
  const hold = () => {
    field.hidden = kind.value === "none";
    try {
      if (kind.value !== "none" && field.value === "" && kind.value !== "constant") { draft.hold(null); return; }
      draft.hold(change());
    } catch (error) {
      fill(said, h("p", { class: "bad" }, error.message));
    }
  };
  const { choices, open } = completion(field, `${id}-choices`, t("functions"), find, hold);
  const close = () => { draft.pending = null; done(); };
  const take = () => {
    let made;
    try {
      made = change();
    } catch {
      return;
    }
    const same = JSON.stringify(made.value) === JSON.stringify(before);
    if (!same && !(field.value === "" && !["none", "constant"].includes(kind.value))) draft.make(made);
    else draft.hold(null);
    done();
  };
  const pick = () => pickDialog(draft.path, one.lookup, (chosen) => { kind.value = "constant"; field.value = chosen.id; hold(); field.focus(); });
  kind.addEventListener("change", () => {
    if (kind.value === "formula" && !field.value.startsWith("=")) field.value = `=${field.value}`;
    else if (kind.value !== "formula" && field.value.startsWith("=")) field.value = field.value.slice(1);
    hold();
    if (kind.value === "field") { field.focus(); open(); }
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && kind.value !== "rows") { event.preventDefault(); take(); } });
  const row = h("tr", { class: "editor" }, h("td", { colspan: 5 },
    h("div", { class: "edit" },
      h("div", {}, h("label", { for: kind.id }, t("kind")), kind),
      h("div", { class: "grow" }, h("label", { for: id }, `${t("value")}: ${one.label || one.name}`), h("div", { class: "pad" }, field, choices)),
      h("div", { class: "row" }, button(t("take"), { class: "primary", onclick: take }), one.lookup && button(t("pick_from", { name: one.lookup }), { onclick: pick }), button(t("cancel"), { class: "plain", onclick: () => { draft.hold(null); close(); } }))),
    said));
  row.addEventListener("keydown", (event) => { if (event.key === "Escape") { draft.hold(null); close(); } });
  field.hidden = first === "none";
  return {
    row, field,
    // What the server said of it.
    tell: (made, outcome) => {
      const fault = draft.faults.find((other) => !other.warning && (other.path || "").startsWith(`/target/request/${one.name}`));
      field.setAttribute("aria-invalid", fault ? "true" : "false");
      if (fault) return fill(said, h("div", { class: "bad" }, fault.column && kind.value === "formula" ? marked(field.value, fault.column, fault.message) : h("p", {}, fault.message)));
      if (outcome && outcome.outcome === "rejected") return fill(said, h("p", { class: "bad" }, outcome.message));
      return fill(said, made && one.name in made && h("p", { class: "good" }, h("b", {}, shown(made[one.name]))));
    },
  };
}

// A row of the grid. `edit(one, button)` opens its editor; null where nobody may edit.
export function fieldRow(one, labels, { edit, drop, formula }) {
  const kind = h("td", {}), value = h("td", { class: "wide" }), result = h("td", { class: "wide" });
  const name = one.label || one.name;
  const open = edit && h("button", { type: "button", class: "plain small", "aria-label": `${t("edit")}: ${name}` }, t("edit"));
  const row = h("tr", { "data-field": one.name },
    h("th", { scope: "row" }, h("b", {}, name), one.required && h("span", { class: "required", title: t("required") }, " *"), h("div", { class: "quiet" }, h("code", {}, one.name), ` ${one.type || "string"}`)),
    kind, value, result, edit && h("td", {}, open));
  if (edit) {
    open.addEventListener("click", () => edit(open));
    row.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("text/x-field")) { event.preventDefault(); row.classList.add("over"); } });
    row.addEventListener("dragleave", () => row.classList.remove("over"));
    row.addEventListener("drop", (event) => { event.preventDefault(); row.classList.remove("over"); drop(event.dataTransfer.getData("text/x-field")); });
  }
  const valueShown = (is) => {
    const what = kindOf(is);
    if (what === null) return h("span", { class: "quiet" }, t("no_value"));
    const text = written(is), label = what === "field" && labels.get(text.slice(2, -2));
    if (what === "formula" && formula) return h("button", { type: "button", class: "link", onclick: () => formula(text) }, h("code", {}, text));
    return [h("code", {}, text), label && h("span", { class: "quiet" }, ` ${label}`)];
  };
  return {
    one, row,
    update: (is, made, changed, faults) => {
      const what = kindOf(is);
      row.classList.toggle("changed", changed);
      fill(kind, what && pill(`kind-${what}`, t(`kind_${what}`)));
      fill(value, valueShown(is), faults.map((fault) => h("p", { class: fault.warning ? "warn" : "bad" }, fault.column && `${t("column", { n: fault.column })}: `, fault.message)));
      fill(result, made ? (one.name in made ? shown(made[one.name]) : what ? h("span", { class: "quiet" }, t("empty")) : "") : "");
    },
  };
}

// The tables of a scheme: each key and value in its place, or in a file of its own.
export function tablesEditor(draft, mayEdit) {
  const place = h("div", {}), files = new Map();
  let drawn = "";
  const set = (table, key, value) => draft.make({ at: ["tables", table], name: key, ...(value === undefined ? {} : { value }) });
  const cell = (table, key, value) => {
    const field = h("input", { value: written(value), "aria-label": `${table} ${key}` });
    field.addEventListener("change", () => set(table, key, typeof value === "number" && /^-?\d{1,15}$/.test(field.value) ? Number(field.value) : field.value));
    return field;
  };
  const adder = (table, rows) => {
    const key = h("input", { "aria-label": `${table}: ${t("table_key")}`, placeholder: t("table_key") });
    const value = h("input", { "aria-label": `${table}: ${t("value")}`, placeholder: t("value") });
    const form = h("form", { class: "row" }, key, value, h("button", {}, t("add")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (key.value && !(key.value in rows)) set(table, key.value, value.value);
      else key.focus();
    });
    return form;
  };
  const csvTools = (name, rows) => {
    const file = h("input", { type: "file", accept: ".csv,text/csv", hidden: true, "aria-label": `${t("csv_in")}: ${name}` });
    file.addEventListener("change", async () => {
      const taken = file.files[0].size <= 1 << 19 ? tableOf(await file.files[0].text(), rows) : null;
      if (!taken) { toast(t("csv_none"), "bad"); return; }
      // Row by row, so that comments of the table stay, unless very much differs. One step for undo.
      const parts = [...Object.keys(rows).filter((key) => !(key in taken)).map((key) => ({ at: ["tables", name], name: key })),
        ...Object.entries(taken).filter(([key, value]) => rows[key] !== value).map(([key, value]) => ({ at: ["tables", name], name: key, value }))];
      if (parts.length) draft.make({ at: ["tables"], name, ...(parts.length > 500 ? { value: taken } : { parts }) });
    });
    return [button(t("csv_out"), { class: "plain", "aria-label": `${t("csv_out")}: ${name}`, onclick: () => keepFile(new Blob([csvOf(rows)], { type: "text/csv" }), `${name}.csv`) }, "download"),
      mayEdit && [file, button(t("csv_in"), { class: "plain", "aria-label": `${t("csv_in")}: ${name}`, onclick: () => file.click() })]];
  };
  const one = ([name, rows]) => {
    if (typeof rows === "string") {
      const known = `${name}\n${rows}`; // what is changed there and not saved yet stays
      if (!files.has(known)) files.set(known, tableFile(draft, name, rows, mayEdit));
      return files.get(known);
    }
    if (rows === null || typeof rows !== "object" || Array.isArray(rows)) return h("p", {}, h("b", {}, name), " ", h("code", {}, written(rows)));
    const plain = Object.entries(rows);
    return h("details", { open: true }, h("summary", {}, h("b", {}, name), h("span", { class: "quiet" }, ` ${plain.length}`)),
      h("div", { class: "cells" }, plain.map(([key, value]) => h("div", { class: "row" }, h("code", {}, key), h("span", { "aria-hidden": "true" }, "→"), mayEdit ? cell(name, key, value) : h("span", {}, written(value)),
        mayEdit && h("button", { type: "button", class: "plain small", "aria-label": `${t("remove")}: ${name} ${key}`, onclick: () => set(name, key) }, "×")))),
      h("div", { class: "row" }, mayEdit && adder(name, rows), csvTools(name, rows)));
  };
  return {
    place,
    update: () => {
      const tables = (draft.document && draft.document.tables) || {};
      const text = JSON.stringify(tables);
      if (text === drawn) return;
      const focus = place.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
      drawn = text;
      fill(place, Object.entries(tables).map(one));
      if (focus) [...place.querySelectorAll("[aria-label]")].find((element) => element.getAttribute("aria-label") === focus)?.focus();
    },
  };
}
