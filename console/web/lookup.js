// Lists of the target: units, categories and what else an API file names, for choosing an id.
import { get, query } from "/api.js";
import { act } from "/app.js";
import { button, empty, fill, h, number } from "/dom.js";
import { table } from "/parts.js";
import { t } from "/words.js";

const SHOWN = 100;

// The list's rows, with a field to search in them. With `pick` each has a button that chooses its id.
export function targetList(path, names, first, pick) {
  const list = h("select", { id: pick ? "pick-list" : "target-list" }, names.map((name) => h("option", { value: name, selected: name === first }, name)));
  const find = h("input", { id: pick ? "pick-find" : "target-find", type: "search", placeholder: t("lookup_find") });
  const outcome = h("div", { "aria-live": "polite" });
  const row = (one) => h("tr", {}, h("td", {}, h("code", {}, one.id)), h("td", {}, one.number), h("td", { class: "wide" }, one.name), pick && h("td", {}, button(t("choose"), { class: "small", "aria-label": `${t("choose")}: ${one.name || one.id}`, onclick: () => pick(one) })));
  const ask = async () => {
    fill(outcome, h("p", { class: "quiet" }, t("look_asking")));
    const answer = await act(get(query(`${path}/lookups/${encodeURIComponent(list.value)}`, { q: find.value.trim() })));
    if (!answer) fill(outcome);
    else if (answer.data.length === 0) fill(outcome, empty(t("lookup_none")));
    else fill(outcome, table([t("target_id"), t("number"), t("name"), ...(pick ? [""] : [])], answer.data.slice(0, SHOWN).map(row), list.value), h("p", { class: "quiet" }, t("rows_shown", { n: number(Math.min(SHOWN, answer.data.length)), m: number(answer.data.length) })));
  };
  const form = h("form", { class: "row lookup", role: "search" }, names.length > 1 && [h("label", { for: list.id, class: "hidden" }, t("lookups")), list], h("label", { for: find.id, class: "hidden" }, t("lookup_find")), find, h("button", { class: pick ? "" : "primary" }, t("look_up")));
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  return { element: h("div", {}, form, outcome), ask };
}

// A dialog in which one is chosen; `take` gets its id.
export function pickDialog(path, name, take) {
  const box = h("dialog", { "aria-labelledby": "pick-title", class: "large" });
  const { element, ask } = targetList(path, [name], name, (one) => { box.close(); take(one); });
  box.append(h("h2", { id: "pick-title" }, t("pick_from", { name })), element, h("form", { method: "dialog", class: "actions" }, h("button", { class: "plain" }, t("cancel"))));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  ask();
}
