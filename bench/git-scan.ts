import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { compiledPrograms } from "./start.ts";

const ROUNDS = 15;
const COMMITS = 2_000;
const BRANCHES = 50;
const SCRIPT = `for repo in "$@"; do git -C "$repo" for-each-ref > /dev/null || exit 1; done`;

/**
 * `sluice git scan` with nothing new, as a whole process, against a shell that runs `git for-each-ref` in each repository after an empty
 * compiled program: what the smallest program that asks git spends.
 */
export const gitScan = {
  title: "Scan of repositories with nothing new",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const programs = await compiledPrograms(home);
    return [...measure(home, programs, 1), ...measure(home, programs, 30)];
  },
};

function measure(
  home: string,
  { sluice, empty }: { readonly sluice: string; readonly empty: string },
  count: number,
): readonly ClaimResult[] {
  const folder = join(home, `scan-${count}`);
  const repos = Array.from({ length: count }, (_, number) => makeRepo(folder, number));
  run(folder, [sluice, "init"]);
  run(folder, [sluice, "project", "add", "App", "--alias", "app"]);
  const added = repos.map((repo) => run(folder, [sluice, "repo", "add", repo]));
  run(folder, [sluice, "git", "scan"]);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(run(folder, [sluice, "git", "scan"]));
    theirs.push(run(folder, [empty]) + run(folder, ["sh", "-c", SCRIPT, "sh", ...repos]));
  }
  const [scan, asked, add] = [median(ours), median(theirs), median(added)];
  const named = count === 1 ? "1 repository" : `${count} repositories`;
  const results: ClaimResult[] = [
    {
      claim: `\`sluice git scan\` of ${named} with ${BRANCHES} branches`,
      measured: `${scan.toFixed(1)} ms`,
      against: `${asked.toFixed(1)} ms for an empty compiled program and \`git for-each-ref\` in each`,
      ratio: scan / asked,
      limit: { atMost: 1.5 },
    },
  ];
  if (count === 1) return results;
  const claim = "`sluice repo add`";
  return [
    ...results,
    { claim, measured: `${add.toFixed(1)} ms`, against: "40 ms", ratio: add / 40, limit: { atMost: 1 } },
  ];
}

function run(cwd: string, argv: readonly string[], stdin?: string): number {
  const env = { HOME: join(cwd, "home"), PATH: process.env["PATH"] ?? "", USER: "ada" };
  const begun = performance.now();
  const input = stdin === undefined ? ("ignore" as const) : new TextEncoder().encode(stdin);
  const ended = Bun.spawnSync([...argv], { cwd, env, stdin: input });
  const ms = performance.now() - begun;
  if (ended.exitCode !== 0)
    throw new Error(`${argv.slice(0, 3).join(" ")} failed: ${ended.stderr.toString()}`);
  return ms;
}

function makeRepo(folder: string, number: number): string {
  const repo = join(folder, `repo-${number}`);
  mkdirSync(repo, { recursive: true });
  run(repo, ["git", "init", "-q", "-b", "main", "."]);
  const commits = Array.from(
    { length: COMMITS },
    (_, at) =>
      `commit refs/heads/main\ncommitter Ada <ada@example.com> ${1_700_000_000 + at} +0000\ndata 8\nStep ${String(at % 1_000).padStart(3, "0")}\nM 100644 inline file-${at % 20}\ndata 4\n${String(at % 10_000).padStart(4, "0")}\n`,
  );
  const branches = Array.from(
    { length: BRANCHES },
    (_, at) => `reset refs/heads/topic-${at}\nfrom refs/heads/main\n\n`,
  );
  run(repo, ["git", "fast-import", "--quiet"], [...commits, ...branches].join(""));
  writeFileSync(join(repo, ".git", "info", "exclude"), "*\n");
  return repo;
}
