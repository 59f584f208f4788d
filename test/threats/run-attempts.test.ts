import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasBox } from "#test/launch.ts";
import { openWorkBench } from "#test/work-bench.ts";
import { fillIn, type Outcome, RUN_ATTEMPTS, type RunAttempt } from "./table/run-attempts.ts";

// Each is one worker with a run, its set-up and its check, and some seventy scripts.
setDefaultTimeout(240_000);

type Sandbox = "none" | "bwrap";
const PLACES = ["run", "set-up", "check"] as const;

const closing: (() => void)[] = [];
afterAll(() => closing.forEach((close) => close()));

/** Lines that try each attempt of a place, and write down how its script ended. */
const tries = (place: RunAttempt["from"], fill: (text: string, at: number) => string): string =>
  RUN_ATTEMPTS.flatMap((attempt, at) => {
    if (attempt.from !== place) return [];
    const script = fill(attempt.script, at).replaceAll("'", `'\\''`);
    return [`timeout 20 sh -c '${script}' >/dev/null 2>&1; echo "${at} $?" >> codes/all`];
  }).join("\n");

async function tried(sandbox: Sandbox): Promise<readonly Outcome[]> {
  const bench = openWorkBench();
  closing.push(() => bench.close());
  const repo = join(bench.home, "..", "repo");
  const victim: ChildProcess = spawn("sleep", ["1000"], { stdio: "ignore" });
  closing.push(() => victim.kill("SIGKILL"));
  const socket = join(bench.home, "..", "yours.sock");
  const answer = { fetch: () => new Response("reached") };
  const [local, named] = [
    Bun.serve({ ...answer, port: 0, hostname: "127.0.0.1" }),
    Bun.serve({ ...answer, unix: socket }),
  ];
  closing.push(
    () => void local.stop(true),
    () => void named.stop(true),
  );
  const fill = (text: string, at: number): string =>
    fillIn(text, {
      HOMEDIR: bench.home,
      REPO: repo,
      VICTIM: String(victim.pid),
      SOCKET: socket,
      PORT: String(local.port),
      ATTEMPT: `sluice-attempt-${victim.pid}`,
      INDEX: String(at),
    });
  for (const [at] of RUN_ATTEMPTS.entries()) writeFileSync(join(repo, `notes-${at}.txt`), "half done\n");
  bench.write(".ssh/id_ed25519", "SECRET");
  bench.write(".aws/credentials", "SECRET");
  bench.write(".profile", "# Mine\n");
  bench.git("branch", "yours");
  writeFileSync(join(repo, ".gitignore"), "codes\nnotes-*\n");
  writeFileSync(join(repo, "set-up.sh"), tries("set-up", fill));
  writeFileSync(join(repo, "check.sh"), `${tries("check", fill)}\ntest -s hello.txt\n`);
  bench.git("add", ".gitignore", "set-up.sh", "check.sh");
  bench.git("commit", "-qm", "Scripts");
  bench.git("commit", "-q", "--allow-empty", "-m", "Stashed below");
  writeFileSync(join(repo, "check.sh"), "true\n");
  bench.git("stash", "-q");
  bench.sluice("repo", "edit", "repo", "--setup", "sh set-up.sh", "--cache", "codes");
  bench.sluice("project", "add", "Other", "--alias", "other");
  bench.sluice("item", "add", "-t", "Elsewhere", "-p", "other");
  const network = sandbox === "bwrap" ? "off" : "on";
  bench.sluice(
    "project",
    "edit",
    "app",
    "--check",
    "sh check.sh",
    "--sandbox",
    sandbox,
    "--network",
    network,
  );
  const change = "echo hello > hello.txt; git add hello.txt; git commit -qm 'Add a greeting'";
  const agent = `#!/bin/sh\n${change}\n${tries("run", fill)}\nsluice finish --note Done\n`;
  bench.write("agent", agent, 0o755);
  const keys = { MY_API_KEY: "secret", SSH_AUTH_SOCK: socket };
  const working = bench.work(["--until-empty", "--runner", `scripted=${bench.home}/agent`], keys);
  await working.exitCode;
  if (bench.item().state === "done") bench.write("landed", "");
  const [codes = ""] = globSync(".local/state/sluice/workspaces/*/**/codes", { cwd: bench.home });
  const shared = join(bench.home, codes);
  const ended = new Map(
    readFileSync(join(shared, "all"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .map(([at, code]) => [Number(at), Number(code)]),
  );
  return RUN_ATTEMPTS.map(({ happened, script }, at) => {
    const code = ended.get(at);
    if (code === undefined) throw new Error(`was not tried: ${script}`);
    const env = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent" };
    const isDone =
      happened === undefined
        ? code === 0
        : spawnSync("sh", ["-c", fill(happened, at).replaceAll("CODES", shared)], { env }).status === 0;
    return isDone ? "possible" : code === 0 ? "contained" : "refused";
  });
}

describe.each([
  ["bare", "none", process.platform !== "linux"],
  ["boxed", "bwrap", !hasBox()],
] as const)("attempts from what a worker starts, %s", (column, sandbox, isAway) => {
  test.skipIf(isAway)("TH19 attempts end as the table in SECURITY.md says, one by one", async () => {
    const found = await tried(sandbox);
    const told = (outcome: (attempt: RunAttempt, at: number) => Outcome | undefined) =>
      PLACES.flatMap((place) =>
        RUN_ATTEMPTS.flatMap((one, at) =>
          one.from === place ? [`${place} ${one.what}: ${outcome(one, at)}`] : [],
        ),
      );
    expect(told((_one, at) => found[at])).toEqual(told((one) => one[column]));
  });
});
