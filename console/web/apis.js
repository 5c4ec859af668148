// API files: what each API takes and gives; a source is called, and its records come in the one form.
import { get, query } from "/api.js";
import { act } from "/app.js";
import { button, empty, fill, h, members, number, pill } from "/dom.js";
import { newDialog, textEditor, unknownFields } from "/apifile.js";
import { head, table } from "/parts.js";
import { history } from "/review.js";
import { t } from "/words.js";

const ROWS = 20;

async function list(root, context) {
  const all = (await get("apis")).data;
  const card = (one) => h("a", { class: "card scheme", href: `#/apis/${encodeURIComponent(one.name)}` },
    h("div", { class: "row between" }, h("h3", {}, one.label || one.name), pill(one.source ? "good" : "", t(one.source ? "source" : "target"))),
    h("p", {}, h("code", {}, one.name)), h("p", { class: "quiet" }, [one.platform, one.source ? t("fields_n", { n: number(one.fields) }) : t("fields_n", { n: number(one.parameters) })].filter(Boolean).join(" · ")));
  fill(root, head(t("apis"), t("apis_text"), context.admin() && button(t("new_api"), { class: "primary", onclick: () => newDialog(all) })), all.length === 0 ? empty(t("no_apis")) : h("div", { class: "cards" }, all.map(card)));
}

const fieldRows = (fields, depth = 0) => Object.entries(fields || {}).flatMap(([name, one]) => [
  h("tr", {}, h("th", { scope: "row" }, "\u2003".repeat(depth), h("code", {}, name)), h("td", {}, one.label || ""), h("td", {}, one.type || ""), h("td", {}, one.required && pill("", t("required")), one.secret && pill("warn", t("secret"))), h("td", { class: "wide quiet" }, one.docs || "")),
  ...fieldRows(one.fields, depth + 1)]);
const fieldsCard = (title, fields) => h("section", { class: "card" }, h("h2", {}, title, " ", h("span", { class: "quiet" }, number(Object.keys(fields).length))),
  table([t("api_field"), t("label"), t("type"), "", ""], fieldRows(fields), title));

// What a person may say: all but the paging and the span of time, which are parameters of their own.
const parametersOf = (document) => {
  const taken = new Set([document.pagination, document.window].flatMap((one) => Object.values(one || {})));
  return Object.entries(document.request || {}).filter(([name]) => !taken.has(name));
};

function caller(name, file, context) {
  const { document } = file;
  const inputs = parametersOf(document).map(([parameter, one]) => [parameter, h("input", { id: `p-${parameter}`, placeholder: one.label || "", spellcheck: "false" })]);
  const outcome = h("div", { "aria-live": "polite" });
  const path = `sources/${encodeURIComponent(name)}/records`;
  const asked = () => {
    const request = Object.fromEntries(inputs.map(([parameter, input]) => [parameter, input.value.trim()]).filter(([, value]) => value));
    return { limit: Math.min(ROWS, (document.pagination && document.pagination.maxSize) || ROWS), ...(Object.keys(request).length ? { request: JSON.stringify(request) } : {}) };
  };
  const show = (answer, cursor) => {
    const line = `curl -H "Authorization: Bearer $TOKEN" '${location.origin}/api/v1/${query(path, { ...asked(), cursor })}'`;
    fill(outcome, context.admin() && unknownFields(name, file, answer.data, context.again),
      answer.data.length === 0 ? empty(t("no_records_came")) : answer.data.map((one, i) => h("details", { open: i === 0 }, h("summary", {}, h("span", {}, Object.values(one).filter((value) => typeof value === "string" && value).slice(0, 3).join(" · ") || t("record_n", { n: i + 1 }))), members(one, t("record_n", { n: i + 1 })))),
      h("div", { class: "row" }, answer.next && button(t("next_page"), { onclick: () => ask(answer.next) }, "arrow")),
      h("p", { class: "quiet" }, t("same_by_curl")), h("pre", { tabindex: "0" }, line));
  };
  const ask = async (cursor) => {
    call.disabled = true;
    fill(outcome, h("p", { class: "quiet" }, t("asking")));
    const answer = await act(get(query(path, { ...asked(), cursor, max_age: cursor ? 60 : 0 })));
    call.disabled = false;
    if (answer) show(answer, cursor);
    else fill(outcome);
  };
  const call = button(t("call_api"), { class: "primary", onclick: () => ask("") }, "play");
  return h("section", { class: "card" }, h("h2", {}, t("call_title")), h("p", { class: "quiet" }, t("call_text")),
    inputs.length > 0 && h("div", { class: "cells" }, inputs.map(([parameter, input]) => h("div", {}, h("label", { for: input.id }, h("code", {}, parameter)), input))),
    h("p", {}, call), outcome);
}

async function detail(root, name, context) {
  const file = (await get(`apis/${encodeURIComponent(name)}`)).data, { document } = file;
  const back = h("p", {}, h("a", { href: "#/apis" }, "← ", t("apis")));
  if (!document) {
    fill(root, back, head(name, ""), h("p", { class: "bad card", role: "alert" }, t("failed_load")), context.admin() && textEditor(name, file, context.again));
    return;
  }
  const isSource = Boolean(document.response);
  fill(root, back, head(document.label || name, `${document.platform || ""} ${name}`), document.docs && h("p", {}, document.docs),
    isSource && caller(name, file, context),
    isSource && fieldsCard(t("response_fields"), document.response),
    document.request && fieldsCard(t("request_fields"), document.request),
    context.admin() && textEditor(name, file, context.again));
}

export const apisPage = (root, at, context) =>
  at.rest[1] === "history" ? history(root, `apis/${encodeURIComponent(at.rest[0])}`, at.rest[0], [`#/apis/${encodeURIComponent(at.rest[0])}`, at.rest[0]], context) : at.rest[0] ? detail(root, at.rest[0], context) : list(root, context);
