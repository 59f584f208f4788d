import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { hasBox } from "#test/launch.ts";
import { seeded } from "#test/seeded.ts";
import { openWorkBench, type WorkBench } from "#test/work-bench.ts";
import { fillIn, RUN_ATTEMPTS } from "../../threats/table/run-attempts.ts";

/** Of both tests together. */
const MINUTES = Number(process.env["SLUICE_HARM_MINUTES"] ?? "10");
/** Another one each day; told with a failure, and given back with SLUICE_HARM_SEED. */
const SEED = Number(process.env["SLUICE_HARM_SEED"] ?? String(Math.floor(Date.now() / 86_400_000)));
const VARIANTS = 64;
const ITEMS_PER_ROUND = 8;

setDefaultTimeout((MINUTES + 10) * 60_000);

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

const Items = z.object({
  items: z.array(z.object({ ref: z.string(), state: z.string() })),
});
const Shown = z.object({ item: z.object({ evidence: z.array(z.object({ value: z.string() })) }) });
const Project = z.object({
  project: z.object({ check: z.string(), landing: z.string(), policy: z.unknown() }),
});

/** What is worse than an attempt: how such an agent commits, and how it ends. */
const COMMITS = [
  "echo good > good-$SLUICE_ITEM.txt; git add -A . ':!codes'; git commit -qm 'Good work'",
  "echo good > good-$SLUICE_ITEM.txt; git add -A . ':!codes'; git commit -qm 'Good work. Closes OB-1, OB-2'",
  "echo bad > bad-$SLUICE_ITEM.txt; git add -A . ':!codes'; git commit -qm 'Bad work'",
  "echo true > check.sh; echo bad > bad-$SLUICE_ITEM.txt; git add -A . ':!codes'; git commit -qm 'Another check'",
  "git rm -q check.sh; git commit -qm 'No check'",
  "ln -s / outside; git add outside; git commit -qm 'A way out'",
  "git commit -q --allow-empty -m Nothing",
  "echo half > half-$SLUICE_ITEM.txt",
  ":",
] as const;
const ENDS = [
  "sluice finish --note Done",
  "sluice finish --note Done",
  "sluice finish --note Done",
  "sluice block --note 'I will not'",
  "exit 0",
  "exit 7",
  "kill -9 $$",
  "rm -rf .git; sluice finish --note Done",
  "rm -rf ./* .git; exit 0",
  "rm -rf .git; ln -s REPO/.git .git; sluice finish --note Done",
  "yes | head -c 3000000; sluice finish --note Done",
] as const;

/** A program that means harm, another kind with each item; the same for the same seed. */
function harmful(random: () => number, acts: readonly string[]): string {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const variants = Array.from({ length: VARIANTS }, (_, at) => {
    const some = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(acts) ?? ":");
    const tries = some.map((act) => `timeout 10 sh -c '${act.replaceAll("'", `'\\''`)}' >/dev/null 2>&1`);
    const isLate = random() < 0.5;
    const commit = pick(COMMITS) ?? ":";
    return `${at}) ${[...(isLate ? tries : []), commit, ...(isLate ? [] : tries), pick(ENDS)].join("\n")} ;;`;
  });
  return `#!/bin/sh\ncase $((\${SLUICE_ITEM#OB-} % ${VARIANTS})) in\n${variants.join("\n")}\nesac\n`;
}

const isCache = (name: string): boolean => [".local", ".cache", ".bun"].includes(name);

/** Every file of the person's own, with its size and time. Sluice's own folders and what the account's programs cache are none. */
function personsFiles(home: string): readonly string[] {
  return globSync("**/*", { cwd: home, exclude: isCache })
    .concat(globSync(".[!.]*/**/*", { cwd: home, exclude: isCache }))
    .filter((name) => statSync(join(home, name)).isFile())
    .map(
      (name) =>
        `${name} ${new Bun.CryptoHasher("sha256").update(readFileSync(join(home, name))).digest("hex")}`,
    )
    .toSorted();
}

/** Command lines of processes that work below a folder. */
const processesIn = (folder: string): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const cwd = readlinkSync(`/proc/${pid}/cwd`);
        const isOurs =
          cwd.startsWith(folder) || readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder);
        return isOurs ? [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
      } catch {
        return []; // It has ended meanwhile.
      }
    });

const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

function person(sandbox: "none" | "bwrap"): {
  readonly bench: WorkBench;
  readonly repo: string;
  readonly victim: ChildProcess;
} {
  const bench = openWorkBench();
  closing.push(() => bench.close());
  const repo = resolve(bench.home, "..", "repo");
  const victim = spawn("sleep", ["100000"], { stdio: "ignore" });
  closing.push(() => victim.kill("SIGKILL"));
  for (const [at] of RUN_ATTEMPTS.entries()) writeFileSync(join(repo, `notes-${at}.txt`), "half done\n");
  bench.write(".ssh/id_ed25519", "SECRET");
  bench.write(".aws/credentials", "SECRET");
  bench.write(".profile", "# Mine\n");
  writeFileSync(join(repo, ".gitignore"), "codes\nnotes-*\n");
  writeFileSync(join(repo, "check.sh"), "! ls | grep -q '^bad-'\n");
  bench.git("add", ".gitignore", "check.sh");
  bench.git("commit", "-qm", "Check");
  bench.git("branch", "yours");
  bench.git("tag", "kept");
  bench.git("checkout", "-q", "--detach");
  bench.sluice("item", "drop", "OB-1", "--reason", "Not needed");
  bench.sluice("repo", "edit", "repo", "--cache", "codes", "--protect", "check.sh");
  bench.sluice("project", "edit", "app", "--check", "test -s check.sh && sh check.sh", "--sandbox", sandbox);
  bench.sluice("config", "set", "authority", "open");
  return { bench, repo, victim };
}

async function harm(sandbox: "none" | "bwrap"): Promise<void> {
  const { bench, repo, victim } = person(sandbox);
  const random = seeded(SEED);
  const fill = (text: string): string =>
    fillIn(text, {
      HOMEDIR: bench.home,
      REPO: repo,
      VICTIM: String(victim.pid),
      SOCKET: "/nowhere",
      PORT: "9",
      ATTEMPT: `sluice-attempt-${victim.pid}`,
      INDEX: "0",
    });
  // Without a sandbox what is possible by a path is told in SECURITY.md, and not tried here.
  const acts = RUN_ATTEMPTS.filter(({ bare }) => sandbox === "bwrap" || bare !== "possible").map(
    ({ script }) => script,
  );
  for (const name of ["one", "two"]) bench.write(name, fill(harmful(random, acts)), 0o755);
  const base = bench.git("rev-parse", "main").trim();
  const refs = (): readonly string[] =>
    lines(bench.git("for-each-ref", "--format=%(refname) %(objectname)")).filter(
      (ref) => !/^refs\/(?:heads\/(?:main|sluice\/)|sluice\/)/.test(ref),
    );
  const facts = () => ({
    refs: refs(),
    files: personsFiles(bench.home),
    notes: globSync("notes-*", { cwd: repo }).length,
    project: Project.parse(JSON.parse(bench.sluice("project", "show", "app", "--json"))),
    config: readFileSync(join(repo, ".git", "config"), "utf8"),
    hooks: readdirSync(join(repo, ".git", "hooks")),
    victim: existsSync(`/proc/${victim.pid}`),
    outside: globSync(`/tmp/sluice-attempt-${victim.pid}*`),
    left: processesIn(resolve(bench.home, "..")),
    fsck: bench.git("fsck", "--no-dangling", "--no-progress"),
    doctor: bench.sluice("doctor", "--deep", "--json").includes('"findings":[]'),
  });
  const before = facts();
  const runners = ["one", "two"].flatMap((name) => ["--runner", `${name}=${join(bench.home, name)}`]);
  const end = performance.now() + (MINUTES / 2) * 60_000;
  let rounds = 0;
  do {
    for (let n = 0; n < ITEMS_PER_ROUND; n += 1)
      bench.sluice("item", "add", "-t", `Item ${rounds}.${n}`, "-p", "app", "--lane", "autonomous_safe");
    const working = bench.work(["--until-empty", "--slots", "2", ...runners], {});
    const code = await working.exitCode;
    const story = `seed ${SEED}, ${sandbox}, round ${rounds}\n${working.text()}`;
    expect(code, story).toBe(0);
    expect(facts(), story).toEqual(before);
    expectReviewed(bench, base, story);
    rounds += 1;
  } while (performance.now() < end);
  const landed = lines(bench.git("rev-list", `${base}..main`)).length;
  console.error(`seed ${SEED}, ${sandbox}: ${rounds} rounds, ${landed} landed`);
  expect(landed).toBeGreaterThan(0);
}

/** On the target are the commits that are evidence of items that are done, and nothing that the check refuses. */
function expectReviewed(bench: WorkBench, base: string, story: string): void {
  const done = Items.parse(
    JSON.parse(bench.sluice("item", "list", "--state", "done", "--limit", "1000", "--json")),
  );
  const evidence = done.items.flatMap(({ ref }) => {
    const { item } = Shown.parse(JSON.parse(bench.sluice("item", "show", ref, "--json")));
    return item.evidence.map(({ value }) => value);
  });
  const landed = lines(bench.git("rev-list", `${base}..main`));
  expect(
    landed.filter((sha) => !evidence.includes(sha)),
    story,
  ).toEqual([]);
  const files = lines(bench.git("ls-tree", "-r", "--name-only", "main"));
  expect(
    files.filter((name) => name.startsWith("bad-")),
    story,
  ).toEqual([]);
  expect(files, story).toContain("check.sh");
  expect(bench.git("show", "main:check.sh"), story).toContain("grep");
}

test.skipIf(process.platform !== "linux")(
  "TH22 two agents that mean harm change nothing that is not theirs, without a sandbox",
  async () => {
    await harm("none");
  },
);

test.skipIf(!hasBox())(
  "TH22 two agents that mean harm change nothing that is not theirs, with bubblewrap",
  async () => {
    await harm("bwrap");
  },
);
