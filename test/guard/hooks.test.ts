import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "bun:test";
import { openBenches } from "#test/open-benches.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import { tryInRun, types } from "./try-in-run.ts";

const bench = openBenches();

const FROM_COMMIT = [
  "pre-commit",
  "prepare-commit-msg",
  "commit-msg",
  "post-commit",
  "reference-transaction",
];
const OTHER = ["post-index-change", "post-rewrite", "pre-rebase", "post-checkout"];

/** Notes its name and its arguments, and what git tells it beside. */
const noting = (b: WorkerBench): string =>
  `#!/bin/sh\necho "$(basename "$0") $*" >> '${b.sandbox.path("hooks-ran")}'\nif [ "\${0##*/}" = reference-transaction ] && [ "$1" = prepared ]; then cat >> '${b.sandbox.path("hooks-read")}'; fi\n`;

function putHook(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

const ran = (b: WorkerBench): string =>
  existsSync(b.sandbox.path("hooks-ran")) ? readFileSync(b.sandbox.path("hooks-ran"), "utf8") : "";

test("RG6 the repository's own hooks run in a run as they would without a guard", async () => {
  const b = await bench();
  for (const name of [...FROM_COMMIT, ...OTHER]) putHook(join(b.origin.repo, "hooks", name), noting(b));
  await b.add({ title: "Do it" });
  const { tried, events } = await tryInRun(b, [
    "git commit -q --allow-empty -m one && git commit -q --amend --allow-empty -m first",
    "git rebase -q --force-rebase main",
    "git checkout -q --detach && git checkout -q -",
    "echo x > x.txt && git add x.txt && git rm -q -f x.txt",
  ]);
  expect(tried.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const text = ran(b);
  for (const name of [...FROM_COMMIT, ...OTHER])
    expect([name, text.includes(`${name} `)]).toEqual([name, true]);
  expect(text).toMatch(/^reference-transaction committed$/m);
  expect(readFileSync(b.sandbox.path("hooks-read"), "utf8")).toMatch(
    /^[0-9a-f]{40} [0-9a-f]{40} refs\/heads\/sluice\//m,
  );
  expect(types(events)).toContain("landed");
});

test("RG6 a hook of the repository that refuses is heard", async () => {
  const b = await bench();
  putHook(
    join(b.origin.repo, "hooks", "commit-msg"),
    `#!/bin/sh\ngrep -q Do "$1" || { echo "Say what you do" >&2; exit 1; }\n`,
  );
  await b.add({ title: "Do it" });
  const { tried } = await tryInRun(b, [
    "git commit -q --allow-empty -m one",
    "git commit -q --allow-empty -n -m one",
  ]);
  expect(tried.map(({ code, stderr }) => [code, stderr])).toEqual([
    [1, "Say what you do\n"],
    [0, ""],
  ]);
});

test("RG6 so do those in a folder of the worktree that the configuration names, also if they come later", async () => {
  const b = await bench();
  b.origin.git("config", "core.hooksPath", ".husky/_");
  await b.add({ title: "Do it" });
  const hook = `#!/bin/sh\\necho "$0 $PWD" >> ${b.sandbox.path("hooks-ran")}\\n`;
  const { tried } = await tryInRun(b, [
    `mkdir -p .husky/_ && printf '${hook}' > .husky/_/pre-commit && chmod +x .husky/_/pre-commit`,
    "git commit -q --allow-empty -m one",
    "mkdir -p deep && cd deep && git commit -q --allow-empty -m two && pwd",
    "git branch scratch",
  ]);
  expect(tried[3]?.stderr).toContain("R-1 may not move refs/heads/scratch");
  const top = dirname(tried[2]?.stdout ?? "");
  expect(ran(b)).toStartWith(`.husky/_/pre-commit ${top}\n.husky/_/pre-commit ${top}\n`);
});

test("RG7 other repositories in a run move their refs and run their hooks", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const other = b.sandbox.path("other");
  const hook = `#!/bin/sh\\necho "$(basename "$0")" >> ${b.sandbox.path("hooks-ran")}\\n`;
  const { tried, events } = await tryInRun(b, [
    `git init -q '${other}' && git -C '${other}' commit -q --allow-empty -m one`,
    `cd '${other}' && for n in pre-commit pre-push; do printf '${hook}' > .git/hooks/$n; chmod +x .git/hooks/$n; done`,
    `cd '${other}' && echo x > x && git add x && git commit -q -m two && git branch more && git tag v1 && git branch -D more`,
    `cd '${other}' && echo y > x && git stash -q && git stash pop -q && git stash -q && git stash drop -q`,
    `cd '${other}' && git worktree add -q --detach ../other-tree && git worktree remove ../other-tree`,
    `git clone -q --bare '${other}' '${other}.git' && printf '${hook}' > '${other}.git/hooks/update' && chmod +x '${other}.git/hooks/update'`,
    `cd '${other}' && git push -q ../other.git HEAD:refs/heads/pushed`,
    `git -C '${other}.git' update-ref -d refs/heads/pushed`,
  ]);
  expect(tried.map(({ code, stderr }) => [code, stderr])).toEqual(tried.map(() => [0, ""]));
  expect(ran(b).trim().split("\n")).toEqual(["pre-commit", "pre-push", "update"]);
  expect(types(events)).toContain("landed");
});

test("RG13 an agent program that hides the run's settings, or has its own for hooks, is guarded no less", async () => {
  const b = await bench();
  putHook(join(b.origin.repo, "hooks", "pre-commit"), noting(b));
  await b.add({ title: "Do it" });
  const own = "GIT_CONFIG_COUNT=$((GIT_CONFIG_COUNT + 1))";
  const named = (path: string) =>
    `n=$GIT_CONFIG_COUNT; export ${own} GIT_CONFIG_KEY_$n=core.hooksPath GIT_CONFIG_VALUE_$n='${path}'`;
  const move = "git commit -q --allow-empty -m x; git branch scratch";
  const { tried, events } = await tryInRun(b, [
    `unset GIT_CONFIG_COUNT; ${move}`,
    `env -i PATH="$PATH" HOME="$HOME" sh -c '${move}'`,
    `${named("")}; ${move}`,
    `${named("/nowhere")}; ${move}`,
    "git -c core.pager=cat commit -q --allow-empty -m x",
  ]);
  for (const { code, stderr } of tried.slice(0, 4))
    expect([code === 0, stderr.includes("R-1 may not move refs/heads/scratch")]).toEqual([false, true]);
  // The agent's last commit, the one before, and the first, whose environment held no setting about hooks.
  expect(ran(b).match(/^pre-commit /gm)).toHaveLength(4);
  expect(types(events)).toContain("landed");
});
