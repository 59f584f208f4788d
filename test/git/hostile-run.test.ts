import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gitSandbox } from "#test/git-fixture.ts";
import { BRANCH, openRun } from "#test/opened-run.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

describe("a run that means harm", () => {
  test("GI103 nothing that it planted runs when its work is brought home", async () => {
    using sandbox = gitSandbox();
    const { repo, at, run, save } = await openRun(sandbox, sandbox.repo("app"), { "a.txt": "1\n" });
    const canary = sandbox.canary("evil");
    mkdirSync(join(at.dir, ".git", "hooks"), { recursive: true });
    for (const hook of [
      "post-index-change",
      "reference-transaction",
      "post-checkout",
      "pre-commit",
      "update",
    ])
      writeFileSync(join(at.dir, ".git", "hooks", hook), readFileSync(canary.program), { mode: 0o755 });
    writeFileSync(join(at.dir, ".gitattributes"), "* filter=evil diff=evil merge=evil\n");
    run.git("add", "-A");
    run.git("-c", "core.hooksPath=/dev/null", "commit", "-qm", "Plant");
    for (const [key, value] of Object.entries({
      "core.fsmonitor": canary.program,
      "core.sshCommand": canary.program,
      "core.pager": canary.program,
      "core.alternateRefsCommand": canary.program,
      "filter.evil.clean": canary.program,
      "filter.evil.smudge": canary.program,
      "filter.evil.process": canary.program,
      "diff.evil.command": canary.program,
      "diff.external": canary.program,
      "gpg.program": canary.program,
      "commit.gpgSign": "true",
      "include.path": join(at.dir, "more"),
      "uploadpack.packObjectsHook": canary.program,
      "remote.origin.promisor": "true",
      "remote.origin.url": `ext::${canary.program}`,
      "protocol.ext.allow": "always",
    }))
      run.git("config", key, value);
    const inner = join(at.dir, "inner");
    Bun.spawnSync(["git", "init", "-q", inner], { env: sandbox.env });
    sandbox
      .at(inner)
      .git("-c", "user.name=x", "-c", "user.email=y", "commit", "-q", "--allow-empty", "-m", "x");
    run.git(
      "-c",
      "core.hooksPath=/dev/null",
      "-c",
      "core.fsmonitor=false",
      "update-index",
      "--add",
      "--cacheinfo",
      `160000,${sandbox.at(inner).head()},inner`,
    );
    sandbox.at(inner).git("config", "core.fsmonitor", canary.program);
    writeFileSync(join(at.dir, "a.txt"), "changed\n");
    rmSync(`${canary.program}.ran`, { force: true });
    await save();
    expect(canary.ran()).toBe(false);
    expect(repo.git("show", `${BRANCH}:a.txt`)).toBe("changed");
  });

  test("GI100 commits that git holds for malformed are refused, and nothing of them is taken over", async () => {
    using sandbox = gitSandbox();
    const { repo, at, run, save } = await openRun(sandbox);
    const blob = run.git("hash-object", "-w", "a.txt");
    for (const name of [".git", "..", "a/b", ".GIT", "git~1"]) {
      const entry = Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, "hex")]);
      const tree = Bun.spawnSync(["git", "hash-object", "-t", "tree", "--literally", "-w", "--stdin"], {
        cwd: at.dir,
        env: sandbox.env,
        stdin: entry,
      });
      const commit = run.git("commit-tree", tree.stdout.toString().trim(), "-p", "HEAD", "-m", "bad");
      run.git("update-ref", `refs/heads/${BRANCH}`, commit);
      expect([name, (await refusal(save())).code]).toEqual([name, "denied"]);
      expect(() => repo.git("cat-file", "-e", commit)).toThrow();
      run.git("update-ref", `refs/heads/${BRANCH}`, `${commit}^`);
    }
    expect([repo.git("branch", "--list", "sluice/*"), existsSync(at.dir)]).toEqual(["", true]);
  });

  test("GI101 objects of another repository are not taken for its own", async () => {
    using sandbox = gitSandbox();
    const secret = sandbox.repo("secret");
    secret.commit({ files: { "key.txt": "secret\n" } });
    const blob = secret.git("rev-parse", "HEAD:key.txt");
    const { repo, at, run, save } = await openRun(sandbox);
    const objects = join(at.dir, ".git", "objects");
    writeFileSync(
      join(objects, "info", "alternates"),
      `${join(repo.repo, "objects")}\n${join(secret.repo, "objects")}\n`,
    );
    const tree = `100644 blob ${blob}\tkey.txt\n`;
    const made = Bun.spawnSync(["git", "mktree"], {
      cwd: at.dir,
      env: sandbox.env,
      stdin: Buffer.from(tree),
    });
    const commit = run.git("commit-tree", made.stdout.toString().trim(), "-p", "HEAD", "-m", "steal");
    run.git("update-ref", `refs/heads/${BRANCH}`, commit);
    expect(await refusal(save())).toMatchObject({ code: "denied" });
    const fan = join(objects, blob.slice(0, 2));
    rmSync(fan, { recursive: true, force: true });
    symlinkSync(join(secret.repo, "objects", blob.slice(0, 2)), fan);
    expect(await refusal(save())).toMatchObject({ code: "denied" });
    expect(() => repo.git("cat-file", "-e", blob)).toThrow();
  });

  test("GI102 contents past the limit are refused before they are taken over", async () => {
    using sandbox = gitSandbox();
    const { repo, at, run, save } = await openRun(sandbox);
    const big = join(at.dir, "zeros.bin");
    writeFileSync(big, "");
    truncateSync(big, 1_100 * 1024 ** 2);
    run.git("-c", "core.bigFileThreshold=1m", "add", "-A");
    run.git("commit", "-qm", "A bomb");
    rmSync(big);
    expect((await refusal(save())).message).toContain("bytes of contents");
    expect(repo.git("branch", "--list", "sluice/*")).toBe("");
  });

  test("GI110 what its own index hides is seen all the same", async () => {
    using sandbox = gitSandbox();
    const { repo, at, run, save } = await openRun(sandbox);
    run.git("update-index", "--skip-worktree", "a.txt");
    run.git("update-index", "--assume-unchanged", "b.txt");
    const { atime, mtime } = statSync(join(at.dir, "a.txt"));
    for (const name of ["a.txt", "b.txt"]) writeFileSync(join(at.dir, name), "2\n");
    utimesSync(join(at.dir, "a.txt"), atime, mtime);
    run.git("config", "core.trustctime", "false");
    await save();
    expect([repo.git("show", `${BRANCH}:a.txt`), repo.git("show", `${BRANCH}:b.txt`)]).toEqual(["2", "2"]);
  });

  test("GI112 nothing outside its folder is written or removed, wherever links in its repository lead", async () => {
    for (const plant of [
      "rm -rf .git/objects/info; ln -s OUTSIDE .git/objects/info",
      "rm .git/objects/info/alternates; ln -s OUTSIDE/alternates .git/objects/info/alternates",
      "rm .git/objects/info/alternates; ln OUTSIDE/alternates .git/objects/info/alternates",
      "rm -rf .git/objects/pack; ln -s OUTSIDE .git/objects/pack",
    ]) {
      using sandbox = gitSandbox();
      const { git, at, run, save } = await openRun(sandbox);
      const outside = sandbox.path("outside");
      mkdirSync(outside);
      writeFileSync(join(outside, "alternates"), "a person's\n");
      run.commit({ files: { "c.txt": "c\n" } });
      Bun.spawnSync(["sh", "-ec", plant.replaceAll("OUTSIDE", outside)], { cwd: at.dir });
      await git.ownHead({ ...at, branch: BRANCH }).catch(() => {});
      await save().catch(() => {});
      expect([plant, readFileSync(join(outside, "alternates"), "utf8")]).toEqual([plant, "a person's\n"]);
    }
  });
});
