// The console open to other hosts: only with TLS and a password, and only under the names that it was told. open.mjs BUILD
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { request as plain } from "node:http";
import { request } from "node:https";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { World, runCases, test } from "./world.mjs";

const world = new World(process.argv[2]);
const place = (name) => join(world.folder, name);
const PASSWORD = "a password of some length 店";

function certificate(name) {
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", place(`${name}.key`), "-out", place(`${name}.pem`),
    "-subj", "/CN=console.example", "-addext", "subjectAltName=DNS:console.example"], { stdio: "ignore" });
  chmodSync(place(`${name}.key`), 0o600);
}

function passwordMade(password) {
  return execFileSync(join(world.build, "bin/dianchen"), ["console", "password"], { env: world.variables, cwd: world.folder, input: `${password}\n`, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
}

certificate("one");
certificate("other");
world.write("password", passwordMade(PASSWORD));
chmodSync(place("password"), 0o600);
const words = (change = {}) => Object.entries({ "--tls-certificate": place("one.pem"), "--tls-key": place("one.key"), "--password-file": place("password"), ...change })
  .flatMap(([flag, value]) => (value ? [flag, value] : []));
const refused = (change, bind = "0.0.0.0:0") => {
  const said = world.dianchen(["console", "--bind", bind, "--metrics", "off", ...words(change)]);
  assert.equal(said.code, 2, said.said);
  assert.equal(said.said.trim().split("\n").length, 1, said.said);
  return said.said;
};

test("beyond this host the console wants TLS and a password, and says so", async () => {
  assert.match(refused({ "--tls-certificate": "", "--tls-key": "", "--password-file": "" }), /--tls-certificate, --tls-key and --password-file/);
  assert.match(refused({ "--password-file": "" }), /--password-file/);
  assert.match(refused({ "--tls-certificate": "", "--tls-key": "" }), /--tls-certificate/);
  assert.match(refused({ "--tls-key": "" }), /--tls-certificate is given, --tls-key too is wanted/);
});

test("what does not fit is refused in one line with its cure", async () => {
  assert.match(refused({ "--tls-key": place("other.key") }, "127.0.0.1:0"), /is not the key of/);
  assert.match(refused({ "--tls-certificate": place("password") }), /holds no certificate/);
  assert.match(refused({ "--tls-key": place("one.pem") }), /holds no private key|chmod 600/);
  assert.match(refused({ "--tls-key": place("nowhere") }), /there is no such file/);
  assert.match(refused({ "--password-file": place("nowhere") }), /dianchen console password >/);
  certificate("old");
  const asked = execFileSync("openssl", ["x509", "-x509toreq", "-in", place("old.pem"), "-signkey", place("old.key")], { stdio: ["ignore", "pipe", "ignore"] });
  execFileSync("openssl", ["x509", "-req", "-signkey", place("old.key"), "-days", "-1", "-out", place("old.pem")], { input: asked, stdio: ["pipe", "ignore", "ignore"] });
  assert.match(refused({ "--tls-certificate": place("old.pem"), "--tls-key": place("old.key") }), /expired/);
  for (const line of ["", "secret", "scrypt 3 8 1 00 00", `scrypt 16384 8 1 ${"0".repeat(31)}g ${"0".repeat(64)}`, "x".repeat(5000)]) {
    world.write("bad", line);
    chmodSync(place("bad"), 0o600);
    assert.match(refused({ "--password-file": place("bad") }), /no password file|larger than/);
  }
  for (const [name, flag] of [["password", "--password-file"], ["one.key", "--tls-key"]]) {
    chmodSync(place(name), 0o644);
    assert.match(refused({ [flag]: place(name) }), /chmod 600/);
    chmodSync(place(name), 0o600);
  }
});

test("a password that is too short makes no line, and two lines are never the same", async () => {
  assert.throws(() => passwordMade("short"), (error) => error.status === 2 && /12 to 256/.test(error.stderr) && error.stdout === "");
  assert.throws(() => passwordMade("x".repeat(300)), (error) => error.status === 2);
  assert.notEqual(passwordMade(PASSWORD), passwordMade(PASSWORD));
  assert.ok(!passwordMade(PASSWORD).includes(PASSWORD));
});

test("people log in with the password, through TLS, under the names that were told", async () => {
  const { program, line } = await world.start("bin/dianchen", ["console", "--bind", "0.0.0.0:0", "--metrics", "off", "--at", "127.0.0.1:1", "--host", "console.example,konsole.example", ...words()]);
  const link = /^https:\/\/console\.example:(\d+)\/#token=(.+)$/.exec(line);
  assert.ok(link, line);
  const port = Number(link[1]);
  const call = (method, path, { host = `console.example:${port}`, headers = {}, body, ...more } = {}) => new Promise((resolve, reject) => {
    const one = request({ host: "127.0.0.1", port, method, path, rejectUnauthorized: false, headers: { Host: host, "X-Dianchen": "1", ...(body ? { "Content-Type": "application/json" } : {}), ...headers }, ...more }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (some) => { text += some; });
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    one.on("error", reject);
    one.end(body ? JSON.stringify(body) : undefined);
  });
  for (const [host, status] of [[`console.example:${port}`, 200], ["KONSOLE.example", 200], ["10.1.2.3:9700", 200], [`[fe80::1]:${port}`, 200], ["localhost", 200], ["stranger.example", 421], ["console.example.stranger.example", 421], ["example", 421]]) {
    assert.equal((await call("GET", "/api/v1/health", { host })).status, status, host);
  }
  await assert.rejects(call("GET", "/api/v1/health", { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }));
  await assert.rejects(new Promise((resolve, reject) => {
    const one = plain({ host: "127.0.0.1", port, path: "/api/v1/health" }, resolve);
    one.on("error", reject);
    one.end();
  }));

  const wrong = await call("POST", "/api/v1/session", { body: { token: `${PASSWORD}!` } });
  assert.equal(wrong.status, 401);
  const right = await call("POST", "/api/v1/session", { body: { token: PASSWORD } });
  assert.equal(right.status, 200, right.text);
  const { data } = JSON.parse(right.text);
  assert.deepEqual([data.name, data.role], ["password", "admin"]);
  const cookie = right.headers["set-cookie"][0];
  assert.match(cookie, /; HttpOnly; SameSite=Strict; Secure$/);
  const session = { Cookie: cookie.split(";")[0], "X-Dianchen-Key": data.key };
  assert.equal((await call("GET", "/api/v1/status", { headers: session })).status, 200);
  assert.equal((await call("GET", "/api/v1/status", { headers: { ...session, Origin: `https://console.example:${port}` } })).status, 200);
  for (const Origin of [`http://console.example:${port}`, "https://stranger.example", "null"]) {
    assert.equal((await call("GET", "/api/v1/status", { headers: { ...session, Origin } })).status, 403, Origin);
  }
  assert.equal((await call("GET", "/api/v1/status")).status, 401);

  // Guesses come to nothing, however many there are, and the program stays small.
  const guesses = await Promise.all(Array.from({ length: 24 }, (_, i) => call("POST", "/api/v1/session", { body: { token: `${PASSWORD} ${i}` } })));
  assert.ok(guesses.every((one) => one.status === 401 || one.status === 429), guesses.map((one) => one.status).join());
  assert.equal((await call("GET", "/api/v1/health")).status, 200);
  assert.ok(!program.said.includes(PASSWORD));
  assert.equal(await world.stop(program), 0);
});

test("on this host alone the password is good for http, too", async () => {
  const { program, address } = await world.console(["--password-file", place("password")]);
  const answer = await fetch(`${address}/api/v1/session`, { method: "POST", headers: { "Content-Type": "application/json", "X-Dianchen": "1" }, body: JSON.stringify({ token: PASSWORD }) });
  assert.equal(answer.status, 200);
  assert.ok(!answer.headers.get("set-cookie").includes("Secure"));
  assert.equal(await world.stop(program), 0);
});

await runCases(world);
