import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

describe("trusted settings", () => {
  test("what was to be done first and failed leaves them untrusted", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    repo.commit();
    const at = { repo: repo.repo };
    expect(await git.untrusted(at)).toEqual([]);
    repo.git("config", "core.sshCommand", "evil");
    const once = Promise.reject(new Error("taken"));
    expect(await git.trust({ ...at, once }).catch(String)).toContain("taken");
    expect((await git.untrusted(at)).map(({ name }) => name)).toEqual(["core.sshcommand"]);
    await git.trust({ ...at, once: Promise.resolve() });
    expect(await git.untrusted(at)).toEqual([]);
  });

  test("GI108 what could run a program, or ask another place, counts until a person has trusted it; all else does not", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    repo.commit();
    const at = { repo: repo.repo };
    expect(await git.untrusted(at)).toEqual([]);
    repo.git("config", "alias.st", "status");
    repo.git("config", "user.name", "Eve");
    repo.git("config", "branch.main.merge", "refs/heads/main");
    repo.git("branch", "other");
    repo.git("tag", "v1");
    writeFileSync(join(repo.repo, "hooks", "note.sample"), "#!/bin/sh\n", { mode: 0o755 });
    expect(await git.untrusted(at)).toEqual([]);
    const changes: Readonly<Record<string, () => void>> = {
      "core.sshcommand": () => repo.git("config", "core.sshCommand", "evil"),
      "core.hookspath": () => repo.git("config", "core.hooksPath", "/evil"),
      "core.attributesfile": () => repo.git("config", "core.attributesFile", "/evil"),
      "core.fsmonitor": () => repo.git("config", "core.fsmonitor", "evil"),
      "credential.helper": () => repo.git("config", "credential.helper", "evil"),
      "filter.x.clean": () => repo.git("config", "filter.x.clean", "evil"),
      "merge.x.driver": () => repo.git("config", "merge.x.driver", "evil"),
      "diff.x.textconv": () => repo.git("config", "diff.x.textconv", "evil"),
      "remote.origin.url": () =>
        repo.git("config", "remote.origin.url", "https://ada:hunter2@example.test/x"),
      "remote.origin.uploadpack": () => repo.git("config", "remote.origin.uploadpack", "evil"),
      "remote.origin.receivepack": () => repo.git("config", "remote.origin.receivepack", "evil"),
      "url.evil:.insteadof": () => repo.git("config", "url.evil:.insteadOf", "https:"),
      "hooks/pre-push": () =>
        writeFileSync(join(repo.repo, "hooks", "pre-push"), "#!/bin/sh\n", { mode: 0o755 }),
      "info/attributes": () => writeFileSync(join(repo.repo, "info", "attributes"), "* filter=x\n"),
    };
    for (const [name, change] of Object.entries(changes)) {
      change();
      const found = await git.untrusted(at);
      expect(found.map((one) => one.name)).toEqual([name]);
      expect(JSON.stringify(found)).not.toContain("hunter2");
      expect(await git.trust(at)).toEqual(found);
      expect(await git.untrusted(at)).toEqual([]);
    }
    repo.git("config", "--unset", "core.sshCommand");
    expect(await git.untrusted(at)).toEqual([{ name: "core.sshcommand", before: "evil" }]);
  });
});
