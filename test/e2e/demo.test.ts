import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { z } from "zod";
import { processesOf } from "./demo-processes.ts";
import { demoEnvironment, faultsOf, probeDemo, type Ran, REPOSITORIES, run } from "./demo-state.ts";

const START = join(import.meta.dir, "..", "..", "scripts", "start.ts");
/** What the demo may take on a machine that does much else; alone it takes about 15 s. */
const DEMO_MS = 120_000;

const home = mkdtempSync(join(tmpdir(), "sluice-e2e-"));
const dir = join(home, "demo");
const demo = probeDemo(dir, home);
let told: Ran;

beforeAll(async () => {
  const argv = [process.execPath, START, "--keep", dir];
  told = await run(argv, { cwd: home, env: { ...demoEnvironment(home), CLAUDECODE: "1" } });
}, DEMO_MS);

afterAll(() => rmSync(home, { recursive: true, force: true }));

const Who = z.object({
  commits: z.array(
    z.object({
      subject: z.string(),
      items: z.array(
        z.object({ ref: z.string(), run: z.string(), runner: z.string(), approved_by: z.string() }),
      ),
    }),
  ),
});
const Log = z.object({ events: z.array(z.object({ operation: z.string(), actor: z.string() })) });
const Runs = z.object({
  runs: z.array(z.object({ item: z.string(), runner: z.string(), outcome: z.string() })),
});

test("DE1 the demo ends well, says where it is, and colours nothing that is no terminal", () => {
  expect([told.code, told.stderr]).toEqual([0, ""]);
  expect(told.stdout).toContain(dir);
  expect(told.stdout).not.toContain("\u001B");
  expect(told.stdout).toContain("$ sluice todo import reminders/TODO.md shelf/TODO.md letters/TODO.md\n");
});

test("DE2 every item is where the story says, each once on main, and doctor and git find nothing", async () => {
  expect(await faultsOf(demo)).toEqual([]);
});

test("DE3 the item whose premise is false is refused by one runner and landed by the other", async () => {
  const { runs } = Runs.parse(await demo.json("run", "list"));
  const first = runs.filter(({ item }) => item === "OB-1").toReversed();
  expect(first.map(({ outcome }) => outcome)).toEqual(["blocked", "changed"]);
  expect(new Set(first.map(({ runner }) => runner))).toEqual(new Set(["scribe", "mason"]));
  const shown = z
    .object({ item: z.object({ spec: z.object({ steps: z.array(z.object({ text: z.string() })) }) }) })
    .parse(await demo.json("item", "show", "OB-1"));
  expect(shown.item.spec.steps.map(({ text }) => text)).toEqual([
    "Use `reader.timeZone`, which `makeReader` keeps now (`UTC` where none is given)",
    "Add a test for Sydney",
  ]);
});

test("a commit on main is explained by item, run, runner and approver, and the item by its history", async () => {
  const head = (await demo.git("reminders", "rev-parse", "main")).trim();
  const { commits } = Who.parse(await demo.json("who", head));
  expect(commits).toHaveLength(1);
  expect(commits[0]?.subject).toBe("OB-1: Remind readers at nine in their own zone");
  expect(commits[0]?.items).toMatchObject([{ ref: "OB-1", approved_by: "system:policy/ready@1" }]);
  const { events } = Log.parse(await demo.json("log", "OB-1"));
  const operations = events.map(({ operation }) => operation).toReversed();
  expect(operations.filter((name) => /^(add|claim|block|unblock|finish|settle)$/.test(name))).toEqual([
    "add",
    "claim",
    "block",
    "unblock",
    "claim",
    "finish",
    "settle",
  ]);
});

test("the tests of all three repositories pass, the one that failed included", async () => {
  for (const name of REPOSITORIES) {
    const { code } = await run(["node", "--test"], { cwd: join(dir, name), env: demo.env });
    expect([name, code]).toEqual([name, 0]);
  }
  const subjects = await demo.git("shelf", "log", "--format=%s", "main");
  expect(subjects).toContain("Test the fines (three days late fails)");
});

test("no process of the demo is left", async () => {
  const found = () => processesOf(dir).map(({ pid }) => pid);
  expect(found()).toEqual([]);
  const control = Bun.spawn(["sleep", "60"], { env: demo.env });
  // Between fork and exec it still shows the test's own environment.
  while (found().length === 0 && control.exitCode === null) await Bun.sleep(1);
  expect(found()).toEqual([control.pid]);
  control.kill();
  await control.exited;
});

test("DE22 interrupted, the demo ends everything that it started and removes its folder", async () => {
  const cut = join(home, "cut");
  const env = demoEnvironment(home);
  const child = Bun.spawn([process.execPath, START, "--keep", cut], {
    cwd: home,
    env,
    stdout: "pipe",
    stderr: "pipe",
  });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("R-2 starts")) child.kill("SIGINT");
  }
  expect(await child.exited).toBe(130);
  expect(await child.stderr.text()).toBe("Interrupted.\n");
  expect(processesOf(cut)).toEqual([]);
  expect(existsSync(cut)).toBe(false);
}, 60_000);
