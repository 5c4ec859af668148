// Calls of the API. The header says that this page sends them: no other page's script may set it. The key that the login told is
// kept for this port alone; cookies go to every port of a host.
import { language } from "/words.js";

export class Problem extends Error {
  constructor(status, body) {
    super([body.detail, body.cure].filter(Boolean).join(" — "));
    this.status = status;
    this.code = body.code;
    this.line = body.line;
  }
}

let onLogout = () => {};
export const whenLoggedOut = (f) => { onLogout = f; };

export const keyKeep = (key) => (key ? localStorage.setItem("key", key) : localStorage.removeItem("key"));
// What the server says for people is in the language of the page.
const headersOf = () => ({ "X-Dianchen": "1", "X-Dianchen-Key": localStorage.getItem("key") || "", "Accept-Language": language() === "zh" ? "zh-CN" : "en" });

async function call(method, path, body, headers) {
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method,
      credentials: "same-origin",
      headers: { ...headersOf(), ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { code: "away", detail: language() === "zh" ? "控制台没有响应。" : "The console does not answer." });
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ code: "failed", detail: answer.statusText }));
  if (answer.status === 401 && path !== "session") onLogout();
  throw new Problem(answer.status, problem);
}

export const get = async (path) => (await call("GET", path)).json();
export const post = async (path, body, headers) => (await call("POST", path, body, headers)).json();
export const put = async (path, body, etag) => (await call("PUT", path, body, etag ? { "If-Match": etag } : {})).json();
export const remove = async (path, etag) => (await call("DELETE", path, undefined, etag ? { "If-Match": etag } : {})).json();
export const document_ = async () => (await call("GET", "openapi.json")).json();

export function query(path, parameters) {
  const known = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return known.length ? `${path}?${new URLSearchParams(known)}` : path;
}

export async function download(path) {
  const answer = await call("GET", path);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
  keepFile(await answer.blob(), name ? name[1] : "dianchen");
}

export function keepFile(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

// Server-sent events, read by fetch, which can send the header. Goes on by itself when the stream breaks.
export function listen(take, state) {
  let stopped = false;
  const control = new AbortController();
  (async () => {
    while (!stopped) {
      try {
        const answer = await fetch("/api/v1/events", { headers: headersOf(), signal: control.signal });
        if (answer.status === 401) return onLogout();
        if (!answer.ok) throw new Error();
        state(true);
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let held = ""; ;) {
          const { value, done } = await reader.read();
          if (done) break;
          held += value;
          for (let end; (end = held.indexOf("\n\n")) >= 0; held = held.slice(end + 2)) {
            const event = /^event: (.*)\ndata: (.*)$/s.exec(held.slice(0, end));
            if (event) take(event[1], JSON.parse(event[2]));
          }
        }
      } catch { /* again, below */ }
      if (!stopped) {
        state(false);
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
  })();
  return () => { stopped = true; control.abort(); };
}
