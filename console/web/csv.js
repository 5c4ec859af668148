// Tables as CSV, as spreadsheets read and write it: UTF-8 with its mark, the first line names the columns.
const quoted = (text) => {
  const plain = String(text);
  return `"${(/^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain).replaceAll('"', '""')}"`; // never a formula there
};

export const csvOfLines = (lines) => `\ufeff${lines.map((line) => `${line.map(quoted).join(",")}\r\n`).join("")}`;
export const csvOf = (rows) => csvOfLines([["key", "value"], ...Object.entries(rows)]);

// Lines of cells.
function cells(text) {
  const lines = [];
  let line = [], cell = "", inside = false;
  const end = () => { line.push(cell); cell = ""; };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inside && c === '"' && text[i + 1] === '"') { cell += '"'; i++; }
    else if (c === '"' && (inside || cell === "")) inside = !inside;
    else if (!inside && (c === "," || c === ";" || c === "\t")) end();
    else if (!inside && (c === "\n" || c === "\r")) { end(); lines.push(line); line = []; }
    else cell += c;
  }
  if (cell || line.length) { end(); lines.push(line); }
  return lines;
}

// The lines of a file that hold anything, as they were before csvOfLines.
export const linesOf = (text) => cells(text.replace(/^\ufeff/, "")).filter((line) => line.some((cell) => cell.trim() !== ""))
  .map((line) => line.map((cell) => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell)));

// The table of a file; null where it has no two columns. What was a number stays one.
export function tableOf(text, before) {
  const rows = {};
  const lines = linesOf(text);
  if (lines.length && /^(key|键)$/i.test(lines[0][0].trim())) lines.shift();
  for (const line of lines) {
    if (line.length < 2 || line[0] === "") return null;
    const [key, value] = line;
    rows[key] = typeof before[key] === "number" && /^-?\d{1,15}(\.\d{1,6})?$/.test(value) ? Number(value) : value;
  }
  return lines.length ? rows : null;
}
