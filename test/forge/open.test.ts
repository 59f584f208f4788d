import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { parseForgeRepo } from "#domain/forge/pull-request.ts";
import { ghForge } from "#forge/gh-forge.ts";
import { ghRunner } from "#forge/run-gh.ts";
import { refusal } from "#test/refusal.ts";
import { json, scriptedGh } from "#test/scripted-gh.ts";
import { gitSandbox } from "#test/git-fixture.ts";
import { openBenches } from "#test/open-benches.ts";
import { forgeScene, opens, pullUrl } from "./forge-scene.ts";

const bench = openBenches();
const BRANCH = "sluice/OB-1-R1-mend-the-roof";

test("the repository is read from the remote's address, and only from a forge's", () => {
  const app = { host: "forge.test", path: "acme/app" };
  for (const address of [
    "https://forge.test/acme/app.git",
    "https://forge.test/acme/app",
    "https://ada:***@forge.test/acme/app.git/",
    "ssh://git@forge.test/acme/app.git",
    "git@forge.test:acme/app.git",
    "Forge.test:acme/app",
  ])
    expect([address, parseForgeRepo(address)]).toEqual([address, app]);
  expect(parseForgeRepo("ssh://git@forge.test:2222/acme/app.git")?.host).toBe("forge.test:2222");
  for (const address of [
    "",
    "/srv/git/app.git",
    "../app",
    "file:///srv/git/app.git",
    "https://forge.test/app",
    "https://forge.test/a/b/c",
    "https://-x/acme/app",
    "https://forge.test/--web/app",
    "git@forge.test:acme/app;id",
  ])
    expect([address, parseForgeRepo(address)]).toEqual([address, undefined]);
});

test("FG2 a checked result is pushed on its branch and a pull request opened; the item waits for git", async () => {
  const { b, gh, remote, work, get, standing } = await forgeScene(bench);
  const item = await b.add({ title: "Mend the roof" });
  const events = await work();
  expect(await standing(item)).toBe("review await_git");
  expect(remote.git("log", "--format=%s", BRANCH)).toBe("OB-1: Write it\nBegin");
  expect(remote.git("log", "--format=%s", "main")).toBe("Begin");
  const [, create] = gh.calls();
  expect(create?.args).toEqual([
    "pr",
    "create",
    "--repo=forge.test/acme/app",
    `--head=${BRANCH}`,
    "--base=main",
    "--title=OB-1: Mend the roof",
    "--body-file=-",
  ]);
  expect(create?.stdin).toBe(
    "Item OB-1, run R-1 by ai:robot. The project's check passed on the result merged with main.",
  );
  const { evidence, notes } = await get(item);
  expect(evidence.map(({ kind, value }) => [kind, value])).toEqual([["pr", pullUrl(12)]]);
  expect(notes.map(({ body }) => body)).toContain(`Pull request: ${pullUrl(12)}`);
  expect(events).toContainEqual({
    type: "pull_request",
    ref: "OB-1",
    run: "R-1",
    repo: "app",
    url: pullUrl(12),
  });
  expect(await b.store.runs.pullRequests({ itemId: item.item.id })).toMatchObject([
    { runId: 1, number: 12, branch: BRANCH, target: "main", state: "open", merge: null },
  ]);
});

test("FG3 nothing of the item but ref and title is told, each as one word", async () => {
  const { b, gh, work } = await forgeScene(bench);
  const title = "--web $(touch pwned) `id`; 'x' \"y\" closes #5";
  const secret = "The customer is Initech";
  await b.add({
    title,
    spec: { steps: [], risks: [], acceptance: [secret], premises: [], problem: secret, body: secret },
  });
  await work();
  const calls = gh.calls();
  expect(calls.map(({ args }) => args.slice(0, 2).join(" "))).toEqual(["pr list", "pr create"]);
  expect(calls[1]?.args).toContain(`--title=OB-1: ${title}`);
  expect(JSON.stringify(calls)).not.toContain(secret);
});

test("FG4 a pull request that was opened before is found again", async () => {
  const { b, gh, work, get } = await forgeScene(bench);
  gh.answer({ ...opens(), "pr list": json([{ number: 7, url: pullUrl(7) }]) });
  const item = await b.add({ title: "Mend the roof" });
  await work();
  expect(gh.calls().map(({ args }) => args[1])).toEqual(["list"]);
  expect(gh.calls()[0]?.args).toContain(`--head=${BRANCH}`);
  expect((await get(item)).evidence.map(({ value }) => value)).toEqual([pullUrl(7)]);
});

test("FG5 without a program for the forge the branch is pushed, with the command that opens the pull request", async () => {
  const cases = [
    {
      why: "gh is not signed in to forge.test",
      answers: { "pr list": { exit: 4, stderr: "gh auth login" } },
    },
    { why: "origin is not on a supported forge", answers: {}, address: true },
    { why: "the program gh is not installed", answers: {}, gone: true },
  ];
  for (const { why, answers, address = false, gone = false } of cases) {
    const { b, gh, remote, work, get, standing } = await forgeScene(bench);
    gh.answer(answers);
    if (address) b.origin.git("remote", "set-url", "origin", remote.dir);
    if (gone) chmodSync(join(b.sandbox.root, "gh-bin", "gh"), 0o644);
    const title = "Mend $(touch pwned) the 'roof'";
    const item = await b.add({ title });
    await work();
    expect([why, await standing(item)]).toEqual([why, "review await_git"]);
    const branch = "sluice/OB-1-R1-mend-touch-pwned-the-roof";
    expect(remote.git("branch", "--list", "--format=%(refname:short)", "sluice/*")).toBe(branch);
    const note = (await get(item)).notes.map(({ body }) => body).find((body) => body.includes(why)) ?? "";
    const [, command = ""] = /or with: (.*)$/s.exec(note) ?? [];
    // A person copies the command: it means what it says, whatever the title holds.
    const other = scriptedGh(b.sandbox.path("person"));
    other.answer({ "pr create": {} });
    Bun.spawnSync(["sh", "-c", command], { env: { PATH: other.path }, cwd: b.sandbox.root });
    expect(other.calls().map(({ args }) => args)).toEqual([
      [
        "pr",
        "create",
        "--head",
        branch,
        "--base",
        "main",
        `--title=OB-1: ${title}`,
        "--body=Item OB-1, run R-1 by ai:robot. The project's check passed on the result merged with main.",
      ],
    ]);
  }
});

test("FG6 what the forge refuses stays in phase land with its words, and the work on its branch", async () => {
  const { b, gh, remote, work, get, standing } = await forgeScene(bench);
  gh.answer({ ...opens(), "pr create": { exit: 1, stderr: "Resource not accessible by integration" } });
  const item = await b.add({ title: "Mend the roof" });
  const events = await work();
  expect(await standing(item)).toBe("review land");
  const left = events.find((event) => event.type === "left");
  expect(left?.type === "left" ? left.note : "").toContain("Resource not accessible by integration");
  expect((await get(item)).notes.map(({ body }) => body).join("\n")).toContain("Resource not accessible");
  expect(b.origin.git("show", `${BRANCH}:roof.txt`)).toBe("done");

  const hook = join(remote.dir, "hooks", "pre-receive");
  await Bun.write(hook, "#!/bin/sh\necho no branches of robots; exit 1\n");
  chmodSync(hook, 0o755);
  const other = await b.add({ title: "Paint the door" });
  await work(`echo done > door.txt; git add -A; git commit --quiet -m "Paint"; report finish changed`);
  expect(await standing(other)).toBe("review land");
  expect((await get(other)).notes.map(({ body }) => body).join("\n")).toContain("no branches of robots");
});

test("FG7 gh comes from an absolute entry of the PATH, and gets what it needs alone", async () => {
  using sandbox = gitSandbox();
  const gh = scriptedGh(sandbox.root);
  gh.answer(opens());
  const planted = sandbox.path("stranger");
  mkdirSync(planted);
  writeFileSync(join(planted, "gh"), "#!/bin/sh\nexit 4\n");
  chmodSync(join(planted, "gh"), 0o755);
  const env = {
    PATH: `stranger:${gh.path}`,
    HOME: "/home/ada",
    GH_TOKEN: "t",
    AWS_SECRET: "s",
    SLUICE_LEASE: "l",
  };
  const wish = {
    repo: { host: "forge.test", path: "acme/app" },
    branch: "sluice/x",
    target: "main",
    title: "T",
    body: "B",
  };
  expect(await ghForge(ghRunner(env, sandbox.root)).open(wish)).toMatchObject({ kind: "opened", number: 12 });
  const [call] = gh.calls();
  expect(call?.env).toMatchObject({ GH_TOKEN: "t", GH_PROMPT_DISABLED: "1", HOME: "/home/ada" });
  expect(Object.keys(call?.env ?? {})).not.toContain("AWS_SECRET");
  expect(Object.keys(call?.env ?? {})).not.toContain("SLUICE_LEASE");
  gh.answer({ ...opens(), "pr create": { stdout: "Done\n" } });
  expect((await refusal(ghForge(ghRunner(env, sandbox.root)).open(wish))).code).toBe("unavailable");
});
