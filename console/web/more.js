// The audit, and the API's document for people.
import { document_, get, query } from "/api.js";
import { act } from "/app.js";
import { empty, fill, h, moment, pill } from "/dom.js";
import { head, moreButton, table } from "/parts.js";
import { known, t } from "/words.js";

export async function auditPage(root) {
  const body = h("tbody", {}), below = h("div", {});
  const did = (word) => { const key = `did_${word.replace(".", "_")}`; return known(key) ? t(key) : word; };
  const take = async (cursor) => {
    const page = await get(query("audit", { cursor, limit: 100 }));
    page.data.forEach((one) => body.append(h("tr", {}, h("td", {}, moment(one.at)), h("td", {}, one.who), h("td", {}, did(one.did)), h("td", {}, one.subject), h("td", { class: "wide" }, one.after))));
    fill(below, page.next && moreButton(() => act(take(page.next))), body.children.length === 0 && empty(t("no_audit")));
  };
  await take();
  fill(root, head(t("audit"), t("audit_text")), h("section", { class: "card" }, table([t("time"), t("who"), t("did"), t("subject"), t("after")], [], t("audit")), below));
  root.querySelector("tbody").replaceWith(body);
}

const short = (schema) => {
  if (!schema) return "–";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(short).join(" | ");
  if (schema.enum) return schema.enum.map((one) => `"${one}"`).join(" | ");
  if (schema.type === "array") return `[${short(schema.items)}]`;
  if (schema.type === "object" && schema.properties) {
    return `{ ${Object.entries(schema.properties).map(([name, of]) => `${name}${(schema.required || []).includes(name) ? "" : "?"}: ${short(of)}`).join(", ")} }`;
  }
  return Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type || "any";
};

function operationCard(path, method, one) {
  const [status, answer] = Object.entries(one.responses)[0];
  const [media, content] = Object.entries(answer.content)[0];
  const data = content.schema.properties && content.schema.properties.data ? content.schema.properties.data : content.schema;
  const body = one.requestBody && one.requestBody.content["application/json"].schema;
  return h("details", { class: "operation", id: one.operationId },
    h("summary", {}, h("b", { class: `method ${method}` }, method.toUpperCase()), h("code", {}, `/api/v1${path}`), h("span", { class: "quiet" }, one.summary)),
    h("p", {}, one.summary, " ", pill("", one["x-role"] === "anybody" ? t("anybody") : t(one["x-role"]))),
    one.parameters.length > 0 && [h("h3", {}, t("parameters")), table([t("label"), t("type"), ""], one.parameters.map((p) => h("tr", {}, h("td", {}, h("code", {}, p.name)), h("td", {}, short(p.schema)), h("td", { class: "wide" }, p.description))), t("parameters"))],
    body && [h("h3", {}, t("body")), h("pre", {}, short(body))],
    h("h3", {}, `${t("answer")} ${status}`), h("pre", {}, media === "application/json" ? short(data) : media),
    h("h3", {}, t("example")), h("pre", {}, `curl -H "Authorization: Bearer $TOKEN"${method === "get" ? "" : ` -X ${method.toUpperCase()}`}${body ? " -H 'Content-Type: application/json' -d '{…}'" : ""} ${location.origin}/api/v1${path}`));
}

export async function apiPage(root) {
  const document = await document_();
  const tags = {};
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, one] of Object.entries(methods)) (tags[one.tags[0]] ||= []).push(operationCard(path, method, one));
  }
  fill(root, head(t("api"), t("api_text"), h("code", {}, "dianchen console token new --name NAME"), h("a", { class: "button", href: "/api/v1/openapi.json" }, "openapi.json")),
    Object.entries(tags).map(([tag, cards]) => h("section", { class: "card" }, h("h2", {}, tag), cards)));
}
