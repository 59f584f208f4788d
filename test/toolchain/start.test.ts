import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type BareClone, makeBareClone } from "./bare-clone.ts";

let clone: BareClone;
/** Folder of the program in npm's place; each test but one has an installation that works. */
let npm: string;
beforeEach(() => {
  clone = makeBareClone();
  npm = clone.installNpm(0);
});
afterEach(() => clone.remove());

async function start(argv: readonly string[], cwd: string) {
  const { npm_execpath: _, ...env } = process.env;
  const run = Bun.spawn([...argv], {
    cwd,
    env: { ...env, PATH: `${npm}:${env.PATH}` },
    stdin: new Blob(["from stdin"]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  return { code: await run.exited, out, err };
}

async function endedProcess(): Promise<number> {
  const child = Bun.spawn(["true"]);
  await child.exited;
  return child.pid;
}

function makeCallerFolder(): string {
  const folder = join(clone.dir, "a caller's folder");
  mkdirSync(folder);
  return folder;
}

test("TC1 bin/sluice hands over folder, arguments, streams and exit code", async () => {
  clone.linkPackages();
  const cwd = makeCallerFolder();
  const { code, out } = await start([join(clone.root, "bin/sluice"), "a b", "--json", ""], cwd);
  expect(JSON.parse(out)).toEqual({ args: ["a b", "--json", ""], cwd, stdin: "from stdin" });
  expect(code).toBe(7);
});

test("TC1 bin/sluice works through absolute and relative links", async () => {
  clone.linkPackages();
  const cwd = makeCallerFolder();
  symlinkSync(join(clone.root, "bin/sluice"), join(clone.dir, "absolute"));
  symlinkSync("../absolute", join(cwd, "relative"));
  const { code, out } = await start(["./relative"], cwd);
  expect(JSON.parse(out)).toMatchObject({ cwd, args: [] });
  expect(code).toBe(7);
});

test("TC2 bin/sluice loads no bunfig.toml and no .env of the caller's folder", async () => {
  clone.linkPackages();
  const cwd = makeCallerFolder();
  writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./planted.ts"]\n');
  writeFileSync(join(cwd, "planted.ts"), 'console.log("planted code ran");\n');
  writeFileSync(join(cwd, ".env"), "PLANTED=yes\n");
  const { out } = await start([join(clone.root, "bin/sluice")], cwd);
  expect(JSON.parse(out)).toEqual({ args: [], cwd, stdin: "from stdin" });
});

test("TC3 several starts on a bare clone install once", async () => {
  const cwd = makeCallerFolder();
  const sluice = join(clone.root, "bin/sluice");
  const run = ["node", join(clone.root, "scripts/run.mjs"), "src/main.ts"];
  const starts = await Promise.all([start([sluice], cwd), start(run, cwd), start([sluice], cwd)]);
  expect(starts.map(({ code }) => code)).toEqual([7, 7, 7]);
  for (const { out } of starts) expect(JSON.parse(out)).toMatchObject({ stdin: "from stdin" });
  expect(readFileSync(join(npm, "calls"), "utf8")).toBe("ci\n");
});

test("TC3 a start takes over from one that died while it installed", async () => {
  writeFileSync(join(clone.root, ".install.lock"), String(await endedProcess()));
  const starts = await Promise.all([1, 2, 3].map(() => start([join(clone.root, "bin/sluice")], clone.dir)));
  expect(starts.map(({ code }) => code)).toEqual([7, 7, 7]);
  expect(readFileSync(join(npm, "calls"), "utf8")).toBe("ci\n");
});

test("TC3 a start after the lock file changed installs again, and then no more", async () => {
  const sluice = join(clone.root, "bin/sluice");
  await start([sluice], clone.dir);
  const hidden = join(clone.root, "node_modules/.package-lock.json");
  writeFileSync(hidden, readFileSync(hidden, "utf8").replace("1.0.0", "0.9.0"));
  writeFileSync(join(clone.root, "package-lock.json"), readFileSync(join(clone.root, "package-lock.json")));
  await start([sluice], clone.dir);
  await start([sluice], clone.dir);
  expect(readFileSync(join(npm, "calls"), "utf8")).toBe("ci\nci\n");
});

test("a failed installation ends the start with npm's exit code", async () => {
  clone.installNpm(3);
  const { code, out, err } = await start([join(clone.root, "bin/sluice")], clone.dir);
  expect(code).toBe(3);
  expect(out).toBe("");
  expect(err).toContain("npm ci failed");
});

test("linked packages are used as they are", async () => {
  clone.linkPackages();
  const { code } = await start([join(clone.root, "bin/sluice")], clone.dir);
  expect(code).toBe(7);
  expect(existsSync(join(npm, "calls"))).toBe(false);
});
