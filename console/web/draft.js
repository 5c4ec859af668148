// A scheme that is being edited: the text that the editor began from, the changes since, and what the server says of both.
import { post } from "/api.js";

const drafts = new Map(); // by file: kept while one looks at other pages

const merge = (changes) => {
  const last = new Map();
  changes.flatMap((one) => one.parts || [one]).forEach((one, i) => {
    const key = one.at.length === 1 && one.at[0] === "tests" ? i : JSON.stringify([one.at, one.name]); // places in a list move
    last.delete(key);
    last.set(key, one);
  });
  return [...last.values()];
};

export function draftOf(scheme) {
  const known = drafts.get(scheme.file);
  if (known && (known.changes.length || known.etag === scheme.etag)) return known;
  const draft = begin(scheme);
  drafts.set(scheme.file, draft);
  return draft;
}

window.addEventListener("beforeunload", (event) => { if ([...drafts.values()].some((one) => one.changes.length)) event.preventDefault(); });

function begin(scheme) {
  const path = `schemes/${encodeURIComponent(scheme.file)}`;
  let turn = 0, timer = null;
  const draft = {
    file: scheme.file, path, base: scheme.text, etag: scheme.etag, document: scheme.document, text: scheme.text,
    changes: [], undone: [], pending: null, records: () => [], told: () => {},
    faults: [], results: null, tests: null, difference: [], theirs: [], failed: "",
    // What the server makes of it, now.
    look: async () => {
      const mine = ++turn;
      clearTimeout(timer);
      try {
        const { data } = await post(`${path}/draft`, { text: draft.base, base: draft.base, changes: merge([...draft.changes, ...(draft.pending ? [draft.pending] : [])]), records: draft.records() });
        if (mine !== turn) return;
        Object.assign(draft, { text: data.text, faults: data.faults, tests: data.tests, difference: data.difference, theirs: data.theirs, saved: data.etag, savedBy: data.saved_by, failed: "" });
        if (data.document) draft.document = data.document;
        if (data.results) draft.results = data.results;
      } catch (error) {
        if (mine !== turn) return;
        draft.failed = error.message;
      }
      draft.told();
    },
    soon: () => { turn++; clearTimeout(timer); timer = setTimeout(draft.look, 250); },
    // A field that the editor holds and has not taken yet; null = none.
    hold: (change) => { draft.pending = change; draft.soon(); },
    make: (change) => { draft.pending = null; draft.changes.push(change); draft.undone = []; draft.soon(); draft.told(); },
    undo: () => { if (draft.changes.length) draft.undone.push(draft.changes.pop()); return draft.look(); },
    redo: () => { if (draft.undone.length) draft.changes.push(draft.undone.pop()); return draft.look(); },
    // Begins again from what is saved; `keep`: with the changes made in that.
    restart: (saved, keep) => {
      Object.assign(draft, { base: saved.text, etag: saved.etag, pending: null, theirs: [] });
      if (!keep) draft.changes = [];
      draft.undone = [];
      return draft.look();
    },
  };
  return draft;
}
