// A table that stands in a CSV file beside the scheme: read when it is opened, edited in place, saved by itself.
import { get, keepFile, put } from "/api.js";
import { act } from "/app.js";
import { csvOfLines, linesOf } from "/csv.js";
import { button, fill, h, number, shown, toast } from "/dom.js";
import { t } from "/words.js";

const SHOWN = 100, IMPORT_MOST = 1 << 20;
const unsaved = new Set(); // paths

window.addEventListener("beforeunload", (event) => { if (unsaved.size) event.preventDefault(); });

export function tableFile(draft, name, file, mayEdit) {
  const path = `${draft.path}/tables/${encodeURIComponent(name)}`;
  const state = h("span", { class: "quiet", role: "status" }), body = h("div", {}), said = h("p", { class: "bad", role: "alert" });
  const rows = h("tbody", {}), count = h("span", { class: "quiet" });
  let data = null, filter = "";
  const save = button(t("save"), { class: "primary", "aria-label": `${t("save")}: ${name}`, disabled: true }, "check");
  const again = button(t("load_anew"), { "aria-label": `${t("load_anew")}: ${name}`, hidden: true }, "again");
  const mark = (changed) => {
    if (changed) unsaved.add(path);
    else unsaved.delete(path);
    save.disabled = !changed;
    said.textContent = "";
    again.hidden = true;
    fill(state, " ", changed ? t("not_saved") : data && number(data.rows.length));
  };
  const cell = (row, i) => {
    const field = h("input", { value: row[i], "aria-label": `${name} ${row[0]} ${data.columns[i]}` });
    field.addEventListener("change", () => { row[i] = field.value; mark(true); });
    return field;
  };
  const away = (row) => h("button", { type: "button", class: "plain small", "aria-label": `${t("remove")}: ${name} ${row[0]}`, onclick: () => { data.rows.splice(data.rows.indexOf(row), 1); mark(true); drawRows(); } }, "×");
  const drawRows = () => {
    const fits = data.rows.filter((row) => !filter || row.some((one) => one.toLowerCase().includes(filter)));
    fill(rows, fits.slice(0, SHOWN).map((row) => h("tr", {}, row.map((one, i) => h("td", {}, mayEdit ? cell(row, i) : shown(one))), mayEdit && h("td", {}, away(row)))));
    fill(count, t("rows_shown", { n: number(Math.min(fits.length, SHOWN)), m: number(data.rows.length) }));
  };
  const find = h("input", { type: "search", "aria-label": `${t("filter_rows")}: ${name}`, placeholder: t("filter_rows") });
  find.addEventListener("input", () => { filter = find.value.toLowerCase(); drawRows(); });
  const add = () => {
    data.rows.unshift(data.columns.map(() => ""));
    filter = find.value = "";
    mark(true);
    drawRows();
    rows.querySelector("input").focus();
  };
  const taker = h("input", { type: "file", accept: ".csv,.txt,text/csv", hidden: true, "aria-label": `${t("csv_in")}: ${name}` });
  taker.addEventListener("change", async () => {
    const [columns, ...lines] = taker.files[0].size <= IMPORT_MOST ? linesOf(await taker.files[0].text()) : [];
    taker.value = "";
    if (!columns || columns.length < 2) { toast(t("csv_no_columns"), "bad"); return; }
    Object.assign(data, { columns, rows: lines, fault: null });
    draw();
    mark(true);
  });
  const draw = () => {
    const others = data.used_by.filter((one) => one !== draft.file);
    const keep = () => keepFile(new Blob([csvOfLines([data.columns, ...data.rows])], { type: "text/csv" }), file);
    fill(body,
      data.fault && h("p", { class: "bad" }, data.fault),
      others.length > 0 && h("p", { class: "quiet" }, t("table_users", { names: others.join(", ") })),
      !data.fault && [h("div", { class: "row between" }, h("span", { class: "grow" }, find), count),
        h("div", { class: "scroll sheet", tabindex: "0", role: "region", "aria-label": `${t("tables")}: ${name}` },
          h("table", {}, h("thead", {}, h("tr", {}, data.columns.map((one) => h("th", { scope: "col" }, one)), mayEdit && h("th", { scope: "col" }, h("span", { class: "hidden" }, t("remove"))))), rows))],
      said,
      h("div", { class: "row" }, mayEdit && [save, again, !data.fault && button(t("add_row"), { "aria-label": `${t("add_row")}: ${name}`, onclick: add })],
        button(t("csv_out"), { class: "plain", "aria-label": `${t("csv_out")}: ${name}`, onclick: keep }, "download"),
        mayEdit && [taker, button(t("csv_in"), { class: "plain", "aria-label": `${t("csv_in")}: ${name}`, onclick: () => taker.click() })],
        h("a", { href: `#/mapping/${encodeURIComponent(draft.file)}/history/${encodeURIComponent(name)}` }, `${t("history")}: ${name}`)));
    if (!data.fault) drawRows();
  };
  const load = async () => {
    const answer = await act(get(path));
    if (!answer) return;
    ({ data } = answer);
    draw();
    mark(false);
  };
  save.addEventListener("click", async () => {
    save.disabled = true;
    try {
      const answer = await put(path, { columns: data.columns, rows: data.rows }, data.etag);
      data.etag = answer.data.etag;
      mark(false);
      toast(t("saved"));
      draft.soon(); // what its formulas make of records may be another thing now
    } catch (error) {
      save.disabled = false;
      said.textContent = error.message;
      again.hidden = error.code !== "changed";
    }
  });
  again.addEventListener("click", load);
  const element = h("details", {}, h("summary", {}, h("b", {}, name), " ", h("code", {}, file), state), body);
  element.addEventListener("toggle", () => { if (element.open && !data) load(); });
  return element;
}
