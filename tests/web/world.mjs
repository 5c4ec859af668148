// The real programs and the doubles of both APIs, in a folder of their own: what the tests of the console stand on.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const HOSTILE = `<img src=x onerror="window.broken=1">'"店`;

export class World {
  constructor(build) {
    this.build = build;
    this.folder = mkdtempSync(join(tmpdir(), "dianchen-web-"));
    this.processes = [];
    this.temporary = join(this.folder, "tmp"); // of the programs
    mkdirSync(this.temporary);
    cpSync("schemes", join(this.folder, "schemes"), { recursive: true });
    this.scheme = join(this.folder, "schemes/shop-to-material.json");
    for (const name of readdirSync(join(this.folder, "schemes"))) {
      if (name.endsWith(".json") && !name.endsWith(".schema.json") && name !== "shop-to-material.json") rmSync(join(this.folder, "schemes", name));
    }
    this.variables = {
      PATH: process.env.PATH, HOME: this.folder, TMPDIR: this.temporary, TZ: "Asia/Shanghai", WDT_APP_KEY: "demo_app_key", WDT_APP_SECRET: "demo_source_secret", WDT_SID: "demo_sid",
      XINGCHEN_CLIENT_ID: "demo_client_id", XINGCHEN_CLIENT_SECRET: "demo_target_secret", XINGCHEN_USERNAME: "demo_user", XINGCHEN_PASSWORD: "demo_password",
      XINGCHEN_ACCOUNT_ID: "1234567890123456789", XINGCHEN_UNIT_ID: "1", SOURCE_CALLS_PER_MINUTE: "0", TARGET_CALLS_PER_MINUTE: "0", METRICS_BIND: "off",
      DIANCHEN_STORE: `sqlite:${join(this.folder, "d.db")}`, DIANCHEN_SCHEME: this.scheme, ASAN_OPTIONS: process.env.ASAN_OPTIONS || "",
    };
  }

  // Starts a program; its first line of stdout.
  async start(path, words) {
    const program = spawn(join(this.build, path), words, { env: this.variables, cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    this.processes.push(program);
    program.said = "";
    program.stderr.on("data", (some) => { program.said += some; });
    const line = await new Promise((resolve, reject) => {
      let held = "";
      program.stdout.on("data", (some) => { held += some; if (held.includes("\n")) resolve(held.split("\n")[0]); });
      program.on("exit", (code) => reject(new Error(`${path} ended with ${code}: ${program.said}`)));
      setTimeout(() => reject(new Error(`${path} said nothing in 60 s: ${program.said}`)), 60000).unref();
    });
    program.removeAllListeners("exit");
    return { program, line };
  }

  async doubles(source, target) {
    this.variables.WDT_URL = (await this.start("tests/doubles/wdt-double", ["--port", "0", ...source])).line;
    this.variables.XINGCHEN_URL = (await this.start("tests/doubles/xingchen-double", ["--port", "0", ...target])).line;
  }

  async switches(url, path) {
    const answer = await fetch(`${new URL(url).origin}/_/${path}`, { method: "POST" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  }

  // Runs `dianchen`; its exit code and what it printed.
  dianchen(words) {
    try {
      return { code: 0, out: execFileSync(join(this.build, "bin/dianchen"), words, { env: this.variables, cwd: this.folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120000 }) };
    } catch (error) {
      return { code: error.status, out: error.stdout || "", said: error.stderr || "" };
    }
  }

  // Starts the console; its address and the token of its link.
  async console(words = []) {
    const { program, line } = await this.start("bin/dianchen", ["console", "--bind", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--at", "127.0.0.1:1", ...words]);
    const link = /^(http:\/\/[^/]+)\/#token=(.+)$/.exec(line);
    if (!link) throw new Error(`no link: ${line}`);
    return { program, link: line, address: link[1], token: link[2] };
  }

  token(name, ...words) {
    const made = this.dianchen(["console", "token", "new", "--name", name, ...words]);
    if (made.code !== 0) throw new Error(made.said);
    return made.out.trim();
  }

  read(name) { return readFileSync(join(this.folder, name), "utf8"); }
  write(name, text) { writeFileSync(join(this.folder, name), text); }

  async stop(program) {
    const ended = new Promise((resolve) => program.on("exit", (code) => resolve(code)));
    if (program.exitCode !== null) return program.exitCode;
    program.kill("SIGTERM");
    return ended;
  }

  async close() {
    for (const program of this.processes.reverse()) {
      if (program.exitCode === null && program.signalCode === null) await this.stop(program);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const cases = [];
export const test = (name, run) => cases.push([name, run]);
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Asks until the answer is a true one, for at most so many seconds.
export async function until(what, ask, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(150)) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

// Runs the cases one after the other, as tests/run.sh counts them.
export async function runCases(world) {
  let failed = false;
  for (const [name, run] of cases) {
    console.log(`[ RUN      ] ${name}`);
    const began = Date.now();
    try {
      await run();
      console.log(`[       OK ] ${name}`);
      console.log(`${Date.now() - began} ms`);
    } catch (error) {
      failed = true;
      console.log(error);
      console.log(`[  FAILED  ] ${name}`);
    }
  }
  await world.close();
  process.exit(failed ? 1 : 0);
}
