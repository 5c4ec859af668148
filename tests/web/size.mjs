// make bench-console: how long each page's first answers take on a large store, when a browser shows the first of it, what the
// console weighs, and what it costs a run.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { World, wait } from "./world.mjs";

const build = process.argv[2], records = Number(process.argv[3] || 1000000), rejects = records / 10, runs = records / 200;
const world = new World(build);
const memory = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
let bad = false;

// What each page asks for when it is opened.
const pages = {
  overview: ["status", "schemes", "jobs"], runs: ["runs?limit=50", "schemes"], run: ["runs/1"], rejects: ["schemes", "rejects?limit=50", "rejects/reasons"],
  "rejects of a reason": ["rejects?limit=50&class=target&code=E7"], "rejects, closed": ["rejects?limit=50&closed=yes"], "a reject": ["rejects?q=R500"], records: ["records?limit=50"], "records, far": [`records?limit=50&cursor=${Math.floor(records / 2)}`],
  "a record by key": ["records?q=K7777", "records/K7777"], "a record by target id": ["records?q=900007777"], mapping: ["schemes/shop-to-material", "apis/wdt.shop.query", "apis/jdy%2Fbasedata%2Fmaterial_batch_save", "formulas/functions"],
  history: ["schemes/shop-to-material/versions?limit=50"], apis: ["apis"], connections: ["connections"], audit: ["audit?limit=50"], "API docs": ["openapi.json"],
};

// A browser that was never here, signed in by the link; then the same page as somebody sees it who comes back.
async function paint(console_) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage(), times = [], sizes = [];
  await page.goto(console_.link);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  for (let turn = 0; turn < 7; turn++) {
    const session = await page.context().newCDPSession(page);
    let bytes = 0;
    await session.send("Network.enable");
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    session.on("Network.loadingFinished", (one) => { bytes += one.encodedDataLength; });
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    times.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    sizes.push(bytes);
    await session.detach();
  }
  await browser.close();
  bad ||= median(times) > 300 || Math.max(...sizes) > 120 << 10;
  console.log(`a browser without a cache: first paint ${times.map(Math.round).join(", ")} ms (median ${Math.round(median(times))}), ${(Math.max(...sizes) / 1024).toFixed(1)} KiB over the wire${median(times) > 300 ? ", MORE THAN 300" : ""}`);
}

async function answers() {
  await world.doubles(["--shops", "200"], []);
  if (world.dianchen(["run"]).code !== 0) throw new Error("the first run failed");
  execFileSync(join(build, "tests/bench/fill"), [world.variables.DIANCHEN_STORE, records, rejects, runs], { stdio: "inherit" });
  const token = world.token("bench");
  const console_ = await world.console();
  console.log(`${records} records, ${rejects} rejects, ${runs} runs; ms until a page's first answers are there, asked for at once`);
  for (const [page, paths] of Object.entries(pages)) {
    const times = [];
    for (let turn = 0; turn < 5; turn++) {
      const began = performance.now();
      await Promise.all(paths.map(async (path) => {
        const answer = await fetch(`${console_.address}/api/v1/${path}`, { headers: { Authorization: `Bearer ${token}` } });
        await answer.arrayBuffer();
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      }));
      times.push(performance.now() - began);
    }
    bad ||= Math.max(...times) > 200;
    console.log(`${page.padEnd(24)} first ${times[0].toFixed(1).padStart(6)}  median ${median(times).toFixed(1).padStart(6)}${Math.max(...times) > 200 ? "  MORE THAN 200" : ""}`);
  }
  await paint(console_);
  const weight = memory(console_.program.pid);
  bad ||= weight > 48;
  console.log(`the console: ${weight.toFixed(1)} MiB at most${weight > 48 ? ", MORE THAN 48" : ""}`);
  await world.stop(console_.program);
}

// Records a second of a first load, with a page of the console open or without.
async function load(turn, watched) {
  const store = join(world.folder, `load-${turn}-${watched}.db`);
  world.variables.DIANCHEN_STORE = `sqlite:${store}`;
  await world.doubles(["--shops", "200000"], []);
  const token = world.token("bench", "--read-only");
  const console_ = watched ? await world.console() : null, control = new AbortController();
  if (watched) {
    const events = await fetch(`${console_.address}/api/v1/events`, { headers: { Authorization: `Bearer ${token}` }, signal: control.signal });
    events.body.pipeTo(new WritableStream({}), { signal: control.signal }).catch(() => {});
  }
  await wait(300);
  const done = world.dianchen(["run", "--json"]);
  if (done.code !== 0) throw new Error(done.said);
  control.abort();
  for (const program of world.processes.splice(0)) if (program.exitCode === null) await world.stop(program);
  for (const end of ["", "-wal", "-shm", "-life"]) rmSync(store + end, { force: true });
  return JSON.parse(done.out).records_per_second;
}

await answers();
const speeds = { alone: [], watched: [] };
for (let turn = 0; turn < 5; turn++) {
  speeds.alone.push(await load(turn, false));
  speeds.watched.push(await load(turn, true));
}
const [alone, watched] = [median(speeds.alone), median(speeds.watched)];
bad ||= watched < alone * 0.97;
console.log(`a first load of 200000: ${alone} records/s alone, ${watched} with the overview open: ${(100 * watched / alone).toFixed(1)} %${watched < alone * 0.97 ? ", LESS THAN 97" : ""} (${speeds.alone} / ${speeds.watched})`);
await world.close();
process.exitCode = bad ? 1 : 0;
