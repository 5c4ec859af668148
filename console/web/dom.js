// Elements, and how values are written for people. Text goes in as text nodes alone, so no name of a shop can become markup.
import { language, t } from "/words.js";

export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "value") element.value = value;
    else if (name === "checked" || name === "disabled" || name === "hidden" || name === "selected") element[name] = true;
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

export function add(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

const SHAPES = {
  overview: "M4 13h6V4H4zm10 7h6V4h-6zM4 20h6v-4H4z",
  mapping: "M4 6h5m6 0h5M4 12h5m6 0h5M4 18h5m6 0h5M9 6c4 0 2 6 6 6M9 12c4 0 2 6 6 6M9 18c4 0 2-12 6-12",
  runs: "M6 4l13 8-13 8z",
  rejects: "M12 3l9.5 17h-19zM12 10v4m0 3v.1",
  records: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L21 21",
  apis: "M4 5h16v5H4zM4 14h16v5H4zM8 7.5h.1M8 16.5h.1",
  connections: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
  audit: "M6 3h9l4 4v14H6zM9 11h7M9 15h7M9 7h3",
  api: "M8 7l-5 5 5 5M16 7l5 5-5 5M14 4l-4 16",
  play: "M7 4l12 8-12 8z",
  stop: "M6 6h12v12H6z",
  arrow: "M5 12h14M13 6l6 6-6 6",
  download: "M12 3v12M7 11l5 5 5-5M4 21h16",
  check: "M4 12l6 6L20 6",
  again: "M20 12a8 8 0 1 1-2.5-5.8M20 3v4.5h-4.5",
  out: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  sun: "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10zM12 1v3m0 16v3M1 12h3m16 0h3M4.2 4.2l2.1 2.1m11.4 11.4l2.1 2.1m0-15.6l-2.1 2.1M6.3 17.7l-2.1 2.1",
};

export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

const locale = () => (language() === "zh" ? "zh-CN" : "en-GB");
export const number = (n, digits = 0) =>
  n === null || n === undefined ? "–" : new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(n);
export const percent = (x) => new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(x);

export function when(ms) {
  if (!ms) return "–";
  return new Intl.DateTimeFormat(locale(), {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
  }).format(new Date(ms));
}

export function ago(ms) {
  const seconds = Math.round((ms - Date.now()) / 1000);
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  const steps = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [Infinity, 86400, "day"]];
  const [, unit, name] = steps.find(([below]) => Math.abs(seconds) < below);
  return format.format(Math.round(seconds / unit), name);
}

export const moment = (ms) => (ms ? h("time", { datetime: new Date(ms).toISOString(), title: when(ms) }, ago(ms)) : "–");

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ${t("unit_ms")}`;
  if (seconds < 60) return `${number(seconds, 1)} ${t("unit_s")}`;
  const two = (whole, rest, big, small) => (rest ? `${whole} ${big} ${rest} ${small}` : `${whole} ${big}`);
  const minutes = Math.round(seconds / 60);
  if (seconds < 3600) return two(Math.floor(seconds / 60), Math.floor(seconds % 60), t("unit_min"), t("unit_s"));
  return two(Math.floor(minutes / 60), minutes % 60, t("unit_h"), t("unit_min"));
}

export const pill = (kind, text) => h("span", { class: `pill ${kind}` }, text);
export const empty = (title, more) => h("div", { class: "empty" }, h("p", {}, title), more && h("p", { class: "quiet" }, more));

export function button(text, properties, name) {
  return h("button", { type: "button", ...properties }, name && icon(name), h("span", {}, text));
}

// What a value of a record looks like in a table.
export function shown(value) {
  if (value === null || value === undefined) return h("span", { class: "quiet" }, t("none"));
  if (value === "") return h("span", { class: "quiet" }, t("empty"));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function members(object, label) {
  if (!object || typeof object !== "object") return h("pre", {}, shown(object));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", { class: "members" },
      h("tbody", {}, Object.entries(object).map(([name, value]) =>
        h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, shown(value)))))));
}

let toastTimer;
export function toast(text, kind = "good") {
  let place = document.getElementById("toast");
  if (!place) document.body.append(place = h("div", { id: "toast", role: "status", "aria-live": "polite" }));
  place.className = kind;
  place.textContent = text;
  place.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { place.hidden = true; }, kind === "bad" ? 9000 : 5000);
}

// Asks before something that can't be taken back. True when the person agrees.
export function confirm(title, text, yes, kind = "primary") {
  return new Promise((resolve) => {
    const box = h("dialog", { "aria-labelledby": "confirm-title" },
      h("form", { method: "dialog" },
        h("h2", { id: "confirm-title" }, title), h("p", {}, text),
        h("div", { class: "actions" },
          h("button", { value: "no", class: "plain" }, t("cancel")),
          h("button", { value: "yes", class: kind }, yes))));
    box.addEventListener("close", () => { resolve(box.returnValue === "yes"); box.remove(); });
    document.body.append(box);
    box.showModal();
  });
}
