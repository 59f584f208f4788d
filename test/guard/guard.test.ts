import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { openBenches } from "#test/open-benches.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import { tryInRun, types } from "./try-in-run.ts";

const bench = openBenches();

const REFS =
  "git for-each-ref --format='%(refname) %(objectname)' refs/heads/main refs/heads/feature refs/tags refs/stash refs/notes refs/replace refs/heads/mine refs/heads/scratch";

/** A person's stash of two entries, a branch and a tag of theirs. */
async function peopled(): Promise<WorkerBench> {
  const b = await bench();
  for (const text of ["one", "two"]) {
    writeFileSync(join(b.origin.dir, "README.md"), `${text}\n`);
    b.origin.git("stash", "--quiet");
  }
  b.origin.git("branch", "feature");
  b.origin.git("tag", "v1");
  await b.add({ title: "Do it" });
  return b;
}

const MOVES = [
  "git update-ref refs/heads/main HEAD~0 && git commit -q --allow-empty -m x && git update-ref refs/heads/main HEAD",
  "git branch -f main HEAD",
  "git branch scratch",
  "git checkout -q -b scratch",
  "git switch -q -c scratch",
  "git branch -D feature",
  "git branch -m feature mine",
  "git branch -m mine",
  "git update-ref -d refs/heads/feature",
  "git update-ref --no-deref -d refs/tags/v1",
  "git tag v2",
  "git tag -d v1",
  "git notes add -m Note",
  "git replace HEAD~1 HEAD",
  "git update-ref refs/heads/sluice/OB-9-R-9-other HEAD",
  "git push -q . HEAD:main",
  "git fetch -q . HEAD:main",
] as const;

test("RG1 git itself refuses a run to move, make or remove any ref but its own branch, and says what to do", async () => {
  const b = await peopled();
  const checkout = `git -C '${b.origin.dir}'`;
  const { tried, events } = await tryInRun(b, [
    REFS,
    ...MOVES,
    `${checkout} commit -q --allow-empty -m Mine`,
    "git pack-refs --all && git update-ref -d refs/heads/feature",
    "git branch -D feature",
    REFS,
  ]);
  for (const [n, { code, stderr }] of tried.slice(1, -1).entries())
    expect([MOVES[n], code === 0, /Sluice: R-1 may not (?:move|push)/.test(stderr)]).toEqual([
      MOVES[n],
      false,
      true,
    ]);
  expect(tried[3]?.stderr).toContain(
    "R-1 may not move refs/heads/scratch, only its own branch sluice/OB-1-R1",
  );
  expect(tried.at(-1)?.stdout).toBe(tried[0]?.stdout ?? "");
  expect(types(events)).toContain("landed");
});

test("RG2 what an agent does on its own branch goes on as ever", async () => {
  const b = await peopled();
  const hub = b.sandbox.repo("hub", { bare: true });
  b.origin.git("remote", "add", "origin", hub.dir);
  b.origin.git("push", "--quiet", "origin", "main", "feature");
  const write = (text: string) => `echo ${text} > own.txt && git add own.txt && git commit -q -m ${text}`;
  const { tried, events } = await tryInRun(b, [
    write("one"),
    "git commit -q --amend -m first",
    write("two"),
    "git reset -q --soft HEAD~1 && git commit -q -m again",
    "git reset -q --hard HEAD~1 && git reset -q --hard ORIG_HEAD",
    "GIT_SEQUENCE_EDITOR=true git rebase -q -i --exec true main",
    "echo dirty >> own.txt && git rebase -q --autostash --onto main main && git checkout -q own.txt",
    "git revert --no-edit HEAD && git reset -q --hard HEAD~1",
    'tip=$(git rev-parse HEAD) && git reset -q --hard main && git cherry-pick "main..$tip" && git reset -q --hard "$tip"',
    'branch=$(git branch --show-current) && git checkout -q --detach && git commit -q --allow-empty -m x && git merge -q "$branch" && git switch -q "$branch"',
    "git bisect start HEAD main && git bisect bad && git bisect reset",
    "git merge -q --no-ff feature -m merge",
    "git fetch -q origin && git rev-parse --verify -q refs/remotes/origin/feature",
    "git worktree list",
    "git reflog",
    "git pack-refs --all && git pack-refs --all --prune",
    "git gc -q --prune=now",
    "git update-ref refs/heads/main refs/heads/main",
    "git branch --set-upstream-to=origin/main && git branch --unset-upstream",
  ]);
  for (const [n, { code, stderr }] of tried.entries())
    expect([n, code, stderr.includes("Sluice")]).toEqual([n, 0, false]);
  expect(types(events)).toContain("landed");
});

test("RG3 a run drops, makes and takes no stash and cuts no log of refs; what it did not commit stays", async () => {
  const b = await peopled();
  const stash = () => b.origin.git("stash", "list", "--format=%H");
  const before = stash();
  const shared = [
    "git stash drop",
    "git stash drop stash@{1}",
    "git stash clear",
    "git stash pop",
    "git -C . -c core.pager=cat stash drop -q 1",
    `git -C '${b.origin.dir}' stash drop`,
    `cd / && git --git-dir '${b.origin.repo}' stash clear`,
    "git reflog expire --expire=now --all",
    "git reflog delete refs/heads/main@{0}",
    "git stash store HEAD",
  ];
  const { tried, events } = await tryInRun(b, [
    ...shared,
    "echo three > README.md; git stash",
    "grep three README.md",
    'PATH="${PATH#*:}" git stash',
    "grep three README.md && git checkout -q README.md",
    "git stash list && git stash show && git stash apply -q && git checkout -q README.md",
  ]);
  const codes = tried.map(({ code }) => code !== 0);
  expect(codes).toEqual([...shared.map(() => true), true, false, true, false, false]);
  for (const { stderr } of tried.slice(0, shared.length))
    expect(stderr).toContain("Sluice: R-1 may not change the ");
  expect(stash()).toBe(before);
  expect(types(events)).toContain("landed");
});

test("RG4 a run makes and forgets no worktree", async () => {
  const b = await peopled();
  b.origin.git("worktree", "add", "--quiet", "--detach", b.sandbox.path("mine"), "feature");
  const { tried, events } = await tryInRun(b, [
    "git worktree add --detach ../more",
    "git worktree add -b more ../more",
    `git worktree remove --force '${b.sandbox.path("mine")}'`,
    'PATH="${PATH#*:}" git worktree add --detach ../more',
  ]);
  for (const { code, stderr } of tried)
    expect([code === 0, stderr.includes("Sluice: R-1 may not")]).toEqual([false, true]);
  expect(existsSync(b.sandbox.path("mine"))).toBe(true);
  expect(types(events)).toContain("landed");
});

test("RG5 a run does not push", async () => {
  const b = await bench();
  const hub = b.sandbox.repo("hub", { bare: true });
  b.origin.git("remote", "add", "origin", hub.dir);
  await b.add({ title: "Do it" });
  const { tried, events } = await tryInRun(b, ["git push origin HEAD:main", "git push origin HEAD"]);
  for (const { code, stderr } of tried)
    expect([code, stderr.includes("R-1 may not push")]).toEqual([1, true]);
  expect(hub.git("for-each-ref")).toBe("");
  expect(types(events)).toContain("landed");
});
