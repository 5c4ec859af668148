// Completion of fields and functions while one types, and the pad on which a formula is tried.
import { post } from "/api.js";
import { fill, h, pill } from "/dom.js";
import { language, t } from "/words.js";

export const functionOptions = (functions) =>
  functions.map((one) => ({ name: one.name, function: true, more: `${one.name}(${one.arguments}) – ${language() === "zh" ? one.zh : one.en}` }));

// Makes `field` a combobox: `find(text before the cursor)` gives { from, options } or null. Returns the list, to be put behind the field.
export function completion(field, id, label, find, changed) {
  const choices = h("ul", { class: "choices", role: "listbox", id, "aria-label": label, hidden: true });
  let options = [], at = 0, from = 0;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", autocapitalize: "off", spellcheck: "false" })) field.setAttribute(name, value);
  const close = () => { choices.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
  const mark = () => [...choices.children].forEach((item, i) => {
    item.setAttribute("aria-selected", i === at ? "true" : "false");
    if (i === at) { field.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
  });
  const take = (option) => {
    field.setRangeText(option.text || (option.function ? `${option.name}(` : option.name), from, field.selectionStart, "end");
    close();
    field.focus();
    changed();
  };
  const open = () => {
    const found = find(field.value.slice(0, field.selectionStart));
    if (!found || !found.options.length) return close();
    ({ from, options } = { from: found.from, options: found.options.slice(0, 12) });
    at = 0;
    fill(choices, options.map((one, i) => h("li", { role: "option", id: `${id}-${i}`, onmousedown: (event) => { event.preventDefault(); take(one); } }, h("b", {}, one.name), h("span", { class: "quiet" }, one.more))));
    choices.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark();
  };
  field.addEventListener("input", () => { open(); changed(); });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (choices.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = (at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
      mark();
    } else if (event.key === "Enter" || event.key === "Tab") take(options[at]);
    else if (event.key === "Escape") { close(); event.stopPropagation(); } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  return { choices, close, open };
}

// In a formula: the word at the cursor is a field or a function.
export const inFormula = (sourceFields, functions) => (before) => {
  const part = /[A-Za-z_][A-Za-z0-9_.]*$/.exec(before);
  if (!before.startsWith("=") || !part) return null;
  const upper = part[0].toUpperCase();
  const all = [...sourceFields.map((one) => ({ name: one.name, more: one.label })), ...functionOptions(functions)];
  return { from: part.index, options: all.filter((one) => one.name.toUpperCase().startsWith(upper) && one.name !== part[0]) };
};

export function marked(text, column, message) {
  const line = message.startsWith("column") ? message : `${t("column", { n: column })}: ${message}`;
  return [h("code", { class: "marked" }, text.slice(0, column - 1), h("mark", {}, text.slice(column - 1) || " ")), h("p", {}, line)];
}

export function formulaPad(file, sourceFields, functions, record) {
  const result = h("output", { class: "result", for: "formula", "aria-live": "polite" });
  const field = h("textarea", { id: "formula", rows: 2, "aria-describedby": "formula-hint", placeholder: "=TRIM(shop_name)" });
  let timer = null, turn = 0;
  const say = (kind, ...parts) => { result.className = `result ${kind}`; fill(result, parts); };
  const evaluate = async () => {
    const mine = ++turn;
    if (!field.value.startsWith("=") || field.value.length < 2) { field.removeAttribute("aria-invalid"); return say(""); }
    try {
      const { data } = await post("formulas/eval", { formula: field.value, scheme: file, ...(record() ? { record: record() } : {}) });
      if (mine !== turn) return;
      field.setAttribute("aria-invalid", data.ok ? "false" : "true");
      if (data.ok) say("good", h("b", {}, data.value === "" ? t("empty") : data.value), " ", pill("", data.type), data.warnings.map((one) => h("p", { class: "warn" }, `${t("column", { n: one.column })}: ${one.message}`)));
      else say("bad", marked(field.value, data.column, data.message));
    } catch (error) {
      if (mine === turn) say("bad", error.message);
    }
  };
  const look = () => { clearTimeout(timer); timer = setTimeout(evaluate, 200); };
  const { choices, close } = completion(field, "choices", t("functions"), inFormula(sourceFields, functions), look);
  const element = h("section", { class: "card" }, h("label", { for: "formula" }, h("h2", {}, t("try_formula"))), h("div", { class: "pad" }, field, choices), result, h("p", { class: "quiet", id: "formula-hint" }, t("try_hint")));
  return { element, look, set: (text) => { field.value = text; close(); look(); field.focus(); } };
}
