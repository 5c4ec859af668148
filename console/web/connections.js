// Connections: which settings stand here, never what they say, and whether the store, the source and the target answer.
import { get, post } from "/api.js";
import { act } from "/app.js";
import { button, fill, h, moment, pill } from "/dom.js";
import { head } from "/parts.js";
import { t } from "/words.js";

export async function connectionsPage(root, at, context) {
  const [{ data }, schemes] = await Promise.all([get("connections"), get("schemes")]);
  const outcome = h("div", { "aria-live": "polite" });
  const known = ["store", "scheme", "source", "target", "alert"];
  const show = (last) => fill(outcome, !last ? h("p", { class: "quiet" }, t("never_checked")) : [
    h("p", {}, pill(last.ok ? "good" : "bad", t(last.ok ? "all_answer" : "some_fail")), " ", moment(last.at)),
    h("ul", { class: "checks" }, last.checks.map((one) => h("li", {}, pill(one.ok ? "good" : "bad", t(one.ok ? "check_ok" : "check_fail")), h("b", {}, known.includes(one.part) ? t(`part_${one.part}`) : one.part), h("span", {}, one.text))))]);
  const scheme = h("select", { id: "check-scheme", "aria-label": t("scheme"), hidden: schemes.data.length < 2 }, schemes.data.map((one) => h("option", { value: one.file }, one.name)));
  const test = button(t("test_connections"), {
    class: "primary",
    onclick: async () => {
      test.disabled = true;
      fill(outcome, h("p", { class: "quiet" }, t("asking")));
      const answer = await act(post("connections/check", { scheme: scheme.value }));
      show(answer ? answer.data : data.last);
      test.disabled = false;
    },
  }, "check");
  const kinds = { set: "good", default: "", unset: "warn" };
  fill(root, head(t("connections"), t("connections_text"), context.admin() && schemes.data.length > 0 && [scheme, test]),
    h("section", { class: "card" }, h("h2", {}, t("last_check")), outcome),
    h("div", { class: "cards" }, data.parts.map((part) => h("section", { class: "card" }, h("h2", {}, t(`part_${part.part}`)),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t(`part_${part.part}`) }, h("table", {}, h("tbody", {}, part.settings.map((one) =>
        h("tr", {}, h("th", { scope: "row" }, h("code", {}, one.name), h("div", { class: "quiet" }, one.help)),
          h("td", {}, pill(one.state === "unset" && !one.required ? "" : kinds[one.state], t(`state_of_${one.state}`)), one.secret && h("div", { class: "quiet" }, t("kept_secret"))))))))))));
  show(data.last);
}
