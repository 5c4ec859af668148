// Schemes: one row a field of the target, with what it is made of and what comes out for a real record.
import { get, post, remove } from "/api.js";
import { act } from "/app.js";
import { add, button, confirm, empty, fill, h, members, number, pill } from "/dom.js";
import { draftOf } from "/draft.js";
import { fieldEditor, fieldRow, tablesEditor } from "/editor.js";
import { targetList } from "/lookup.js";
import { formulaPad } from "/formula.js";
import { head, scheduleOf } from "/parts.js";
import { faultLine, history, review } from "/review.js";
import { keepDialog, testsList } from "/tests.js";
import { t } from "/words.js";

// A copy of a scheme, under a name of its own.
function copyDialog(schemes) {
  const of = h("select", { id: "copy-of" }, schemes.map((one) => h("option", { value: one.file }, one.name)));
  const name = h("input", { id: "copy-name", required: true, maxlength: 190, autocomplete: "off" });
  const file = h("input", { id: "copy-file", required: true, maxlength: 100, autocomplete: "off", spellcheck: "false" });
  name.addEventListener("input", () => { if (!file.dataset.own) file.value = name.value.trim().replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+|-+$/g, ""); });
  file.addEventListener("input", () => { file.dataset.own = file.value; });
  const said = h("p", { class: "bad", role: "alert" });
  const box = h("dialog", { "aria-labelledby": "copy-title" });
  const form = h("form", {}, h("h2", { id: "copy-title" }, t("new_scheme")), h("p", {}, t("new_scheme_text")),
    h("label", { for: "copy-of" }, t("copy_of")), of, h("label", { for: "copy-name" }, t("scheme_name")), name, h("label", { for: "copy-file" }, t("scheme_file")), file, said,
    h("div", { class: "actions" }, button(t("cancel"), { class: "plain", onclick: () => box.close() }), h("button", { class: "primary" }, t("make_copy"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const made = await post("schemes", { file: file.value, name: name.value, copy_of: of.value });
      box.close();
      location.hash = `#/mapping/${encodeURIComponent(made.data.file)}`;
    } catch (error) {
      fill(said, error.message);
    }
  });
  box.addEventListener("close", () => box.remove());
  document.body.append(add(box, form));
  box.showModal();
}

async function list(root, context) {
  const schemes = (await get("schemes")).data;
  fill(root, head(t("mapping"), t("schemes_text"), context.admin() && schemes.length > 0 && button(t("new_scheme"), { class: "primary", onclick: () => copyDialog(schemes) })),
    schemes.length === 0 ? empty(t("no_schemes")) : h("div", { class: "cards" }, schemes.map((one) =>
      h("a", { class: "card scheme", href: `#/mapping/${encodeURIComponent(one.file)}` },
        h("div", { class: "row between" }, h("h3", {}, one.name), one.fault ? pill("bad", t("fault")) : null),
        h("p", { class: "quiet" }, one.fault || `${one.source_api} → ${one.target_api} · ${scheduleOf(one)}`)))));
}

// What was changed and not saved yet, and what to do with it.
function draftBar(draft, context, afterSave) {
  const words = h("span", { class: "grow", role: "status" });
  const undo = button(t("undo"), { class: "plain", onclick: draft.undo }), redo = button(t("redo"), { class: "plain", onclick: draft.redo });
  const discard = button(t("discard"), {
    class: "plain",
    onclick: async () => {
      if (!(await confirm(t("discard_title"), t("discard_text"), t("discard"), "danger"))) return;
      const saved = await act(get(draft.path));
      if (saved) await draft.restart(saved.data, false);
    },
  });
  const save = button(t("review"), { class: "primary", onclick: async () => { if (await review(draft)) afterSave(); else draft.told(); } }, "check");
  const others = h("ul", { class: "bad" });
  const element = h("section", { class: "card draft", "aria-label": t("changes_label"), hidden: true }, h("div", { class: "row" }, words, undo, redo, discard, save), others);
  return {
    element,
    update: (placeless) => {
      element.hidden = !draft.changes.length && !draft.undone.length && !placeless.length;
      const faults = draft.faults.filter((one) => !one.warning).length;
      fill(words, h("b", {}, t("changes", { n: number(draft.changes.length) })), faults > 0 && [" ", pill("bad", t("faults", { n: faults }))],
        draft.tests && draft.tests.failed > 0 && [" ", pill("warn", t("tests_failed", { n: draft.tests.failed, m: draft.tests.passed + draft.tests.failed }))],
        draft.theirs.length > 0 && h("p", { class: "bad" }, draft.savedBy ? t("meanwhile_by", { who: draft.savedBy }) : t("meanwhile")), draft.failed && h("p", { class: "bad" }, draft.failed));
      undo.disabled = !draft.changes.length;
      redo.disabled = !draft.undone.length;
      save.disabled = !draft.changes.length;
      fill(others, placeless.map((one) => h("li", {}, faultLine(one))));
    },
  };
}

async function removeScheme(scheme) {
  if (!(await confirm(t("remove_title"), t("remove_text", { name: scheme.name }), t("remove_scheme"), "danger"))) return;
  if (await act(remove(`schemes/${encodeURIComponent(scheme.file)}`, scheme.etag), t("scheme_removed"))) location.hash = "#/mapping";
}

async function detail(root, file, context) {
  const scheme = (await get(`schemes/${encodeURIComponent(file)}`)).data;
  const away = context.admin() && button(t("remove_scheme"), { class: "plain", onclick: () => removeScheme(scheme) });
  const back = h("p", {}, h("a", { href: "#/mapping" }, "← ", t("mapping")));
  if (scheme.fault || !scheme.document || !scheme.document.target) {
    fill(root, back, head(scheme.name, "", away), h("p", { class: "bad card", role: "alert" }, scheme.fault || t("failed_load")), h("pre", { class: "card", tabindex: "0" }, scheme.text));
    return undefined;
  }
  const admin = context.admin();
  const [sourceApi, targetApi, functions] = await Promise.all([
    get(`apis/${encodeURIComponent(scheme.source_api)}`).then((one) => one.data.document), get(`apis/${encodeURIComponent(scheme.target_api)}`).then((one) => one.data.document),
    admin ? get("formulas/functions").then((one) => one.data) : []]);
  const draft = draftOf(scheme);
  const sources = { fields: Object.entries(sourceApi.response || {}).map(([name, one]) => ({ name, label: one.label })), functions };
  const labels = new Map(sources.fields.map((one) => [one.name, one.label]));
  const fields = Object.entries(targetApi.request || {}).map(([name, one]) => ({ name, ...one }));
  const lists = Object.keys(targetApi.lookups || {});
  let records = [], chosen = -1, filter = "", onlyMapped = true, editing = null;
  const outcome = h("div", { "aria-live": "polite" }), source = h("div", {}), count = h("span", { class: "quiet" });
  const pad = admin ? formulaPad(scheme.file, sources.fields, functions, () => (records[chosen] ? records[chosen].source : null)) : null;
  const tables = tablesEditor(draft, admin);
  const tests = testsList(draft, admin);
  const bar = draftBar(draft, context, () => context.again());
  draft.records = () => records.map((one) => one.source);
  draft.results = null;

  const mapped = () => (draft.results && draft.results[chosen]) || (records[chosen] && records[chosen].mapped) || null;
  const closeEditor = () => {
    if (!editing) return;
    const { editor, opener } = editing;
    editing = null;
    editor.row.replaceWith();
    opener.focus();
    draw();
  };
  const rows = fields.map((one) => {
    const row = fieldRow(one, labels, {
      edit: admin && ((opener) => {
        closeEditor();
        const editor = fieldEditor(one, draft, sources, closeEditor);
        editing = { one, editor, opener };
        row.row.after(editor.row);
        editor.field.focus();
      }),
      drop: (name) => draft.make({ at: ["target", "request"], name: one.name, value: `{{${name}}}` }),
      formula: pad && ((text) => { pad.set(text); pad.element.scrollIntoView({ block: "center" }); }),
    });
    return row;
  });
  const drawSource = () => {
    const one = records[chosen], made = mapped();
    const kinds = { payload: "good", filtered: "", rejected: "bad" };
    fill(outcome, one && [h("p", {}, h("b", {}, made.key || ""), " ", pill(kinds[made.outcome] || "", t(`outcome_${made.outcome}`))), made.message && h("p", { class: "bad" }, made.message)]);
    fill(source, one && admin && h("p", {}, button(t("keep_test"), { onclick: () => keepDialog(draft, one.source, made.key) })), one ? members(one.source, t("source_record")) : empty(t("choose_record")));
    if (admin) {
      source.querySelectorAll("th").forEach((cell) => {
        cell.draggable = true;
        cell.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/x-field", cell.textContent));
      });
    }
  };
  const draw = () => {
    const request = draft.document.target.request;
    const made = mapped() && mapped().payload;
    const changed = new Set(draft.changes.filter((one) => one.at[1] === "request").map((one) => one.name));
    const placed = new Set();
    for (const { one, row, update } of rows) {
      const prefix = `/target/request/${one.name}`;
      const faults = draft.faults.filter((fault) => fault.path === prefix || (fault.path || "").startsWith(`${prefix}/`));
      faults.forEach((fault) => placed.add(fault));
      update(request[one.name], made, changed.has(one.name), editing && editing.one === one ? [] : faults);
      row.hidden = !(faults.length || (editing && editing.one === one)) && !((!onlyMapped || one.name in request) && `${one.name} ${one.label} ${request[one.name] || ""}`.toLowerCase().includes(filter));
    }
    fill(count, t("fields_count", { n: number(fields.filter((one) => one.name in request).length), m: number(fields.length) }));
    if (editing) editing.editor.tell(made, mapped());
    tables.update();
    tests.update();
    bar.update(draft.faults.filter((fault) => !placed.has(fault) && !fault.warning));
  };
  draft.told = () => { if (root.isConnected) { draw(); drawSource(); } };
  const choose = h("select", { id: "record", hidden: true });
  choose.addEventListener("change", () => { chosen = Number(choose.value); draw(); drawSource(); if (pad) pad.look(); });
  const fetch_ = button(t("fetch_records"), {
    class: "primary",
    onclick: async () => {
      fetch_.disabled = true;
      fetch_.lastChild.textContent = t("fetching");
      const answer = await act(post(`${draft.path}/preview?limit=50`));
      fetch_.disabled = false;
      fetch_.lastChild.textContent = t("fetch_records");
      if (!answer) return;
      records = answer.data;
      draft.results = null;
      chosen = records.length ? 0 : -1;
      const id = scheme.document.source.title || scheme.document.source.id;
      fill(choose, records.map((one, i) => h("option", { value: i }, [one.mapped.key, one.source[id] === one.mapped.key ? null : one.source[id]].filter(Boolean).join(" · "))));
      choose.hidden = records.length === 0;
      draw();
      drawSource();
      if (draft.changes.length || draft.pending) draft.soon();
      if (pad) pad.look();
    },
  }, "download");
  const find = h("input", { id: "find", type: "search", placeholder: t("filter_fields") });
  find.addEventListener("input", () => { filter = find.value.toLowerCase(); draw(); });
  const only = h("input", { type: "checkbox", id: "only", checked: true });
  only.addEventListener("change", () => { onlyMapped = only.checked; draw(); });
  fill(root, back,
    head(scheme.name, `${sourceApi.label || scheme.source_api} → ${targetApi.label || scheme.target_api}`, [away, h("a", { class: "button", href: `#/mapping/${encodeURIComponent(file)}/history` }, t("history"))]),
    bar.element,
    h("div", { class: "split mapping" },
      h("aside", { class: "card" }, h("h2", {}, t("records_of_source")), admin && fetch_, h("label", { for: "record", class: "hidden" }, t("records_of_source")), choose, outcome, source),
      h("div", {}, pad && pad.element,
        h("section", { class: "card" },
          h("div", { class: "row filters between" }, h("span", { class: "grow" }, h("label", { for: "find" }, t("filter_fields")), find), h("span", { class: "row" }, only, h("label", { for: "only", class: "beside" }, t("only_mapped"))), count),
          h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("mapping") },
            h("table", { class: "grid" }, h("thead", {}, h("tr", {}, [t("field"), null, t("value"), t("result"), ...(admin ? [null] : [])].map((name, i) => h("th", { scope: "col" }, name || h("span", { class: "hidden" }, t(i === 1 ? "kind" : "edit")))))), h("tbody", {}, rows.map((one) => one.row))))),
        h("section", { class: "card" }, h("h2", {}, t("tables")), tables.place, !Object.keys(draft.document.tables || {}).length && h("p", { class: "quiet" }, t("no_tables"))),
        lists.length > 0 && h("section", { class: "card" }, h("h2", {}, t("lookups")), h("p", { class: "quiet" }, t("lookups_text")), targetList(draft.path, lists, lists[0]).element),
        h("section", { class: "card" }, h("h2", {}, t("tests")), tests.place))));
  draw();
  drawSource();
  if (admin && draft.changes.length) draft.look();
  return undefined;
}

export const schemesPage = (root, at, context) =>
  at.rest[1] === "history" ? history(root, `schemes/${encodeURIComponent(at.rest[0])}${at.rest[2] ? `/tables/${encodeURIComponent(at.rest[2])}` : ""}`, at.rest[2], [`#/mapping/${encodeURIComponent(at.rest[0])}`, at.rest[0]], context) : at.rest[0] ? detail(root, at.rest[0], context) : list(root, context);
