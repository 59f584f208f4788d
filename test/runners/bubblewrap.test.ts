import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Confinement } from "#operations/ports/launcher.ts";
import { createLauncher } from "#runners/create-launcher.ts";
import { hasBox, type LaunchBench, openLaunchBench, until } from "#test/launch.ts";

setDefaultTimeout(60_000);

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench();
});
afterEach(() => bench.close());

const BOX: Confinement = {
  sandbox: "bwrap",
  network: true,
  writable: [],
  visible: [],
  hidden: [],
  agent: false,
};

/** Writes a file below the bench's home. */
function write(path: string, text: string): string {
  const file = join(bench.dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** What a shell in a box printed, in a working folder of its own. */
async function inBox(script: string, more: Partial<Confinement> = {}): Promise<string> {
  const cwd = join(bench.dir, "work");
  mkdirSync(cwd, { recursive: true });
  const run = await bench.shell(script, { cwd, confinement: { ...BOX, ...more } });
  await run.result;
  return bench.log();
}

describe.skipIf(!hasBox())("a run in a box", () => {
  test("RN82 writes its own folder and its temporary one, and nothing else", async () => {
    write("other/there", "");
    const log = await inBox(
      `echo a > own && echo b > "$TMPDIR/own" && echo wrote; for one in /etc/sluice-x ../other/x ../other/there; do echo c > $one; done`,
    );
    expect(log).toContain("wrote");
    expect(log.match(/Read-only file system/g)?.length).toBe(3);
    expect(readFileSync(join(bench.dir, "work", "own"), "utf8")).toBe("a\n");
  });

  test("RN83 sees no keys, password stores or sign-ins of the account, even through links", async () => {
    for (const path of [
      ".ssh/id_ed25519",
      ".aws/credentials",
      ".config/gcloud/x.json",
      ".claude/.credentials.json",
    ])
      write(path, "SECRET-1");
    write(".netrc", "SECRET-2");
    write(".npmrc", "//npm.example/:_authToken=SECRET-3");
    write(".gitconfig", "[user]\n\tname = Seen\n");
    const log = await inBox(`cd "$HOME"; grep -rs SECRET . ; cat .gitconfig; ls .ssh; echo done`);
    expect(log).not.toContain("SECRET");
    expect(log).toContain("name = Seen");
    expect(log).toContain("done");
  });

  test("RN83 keys in another folder of the home, to which a link leads, are not seen there either", async () => {
    write("my-keys/id_ed25519", "SECRET");
    symlinkSync("my-keys", join(bench.dir, ".ssh"));
    write("dotfiles/config/gh/hosts.yml", "SECRET");
    symlinkSync("dotfiles/config", join(bench.dir, ".config"));
    const log = await inBox(`cd "$HOME"; cat my-keys/* .ssh/* .config/gh/*; grep -rs SECRET .; echo done`);
    expect(log).not.toContain("SECRET");
    expect(log).toContain("done");
  });

  test("RN84 what is hidden by a path that leads through a link to the home is not there", async () => {
    write(".sluice/workspace.db", "SECRET");
    const link = `${bench.dir}-link`;
    symlinkSync(bench.dir, link);
    try {
      const log = await inBox(`grep -rs SECRET "$HOME"; echo done`, { hidden: [join(link, ".sluice")] });
      expect(log).not.toContain("SECRET");
      expect(log).toContain("done");
    } finally {
      rmSync(link);
    }
  });

  test("RN83 a link that a run left where its program's settings stand lets nothing in", async () => {
    write(".ssh/id_ed25519", "SECRET");
    write(".claude/session", "");
    symlinkSync(join(bench.dir, ".ssh"), join(bench.dir, ".claude", "commands"));
    const log = await inBox(`cat "$HOME/.ssh/id_ed25519" "$HOME/.claude/commands/id_ed25519"; echo done`, {
      agent: true,
    });
    expect(log).not.toContain("SECRET");
    expect(log).toContain("done");
  });

  test("RN83 the hashes of the machine's passwords are not seen, as root either", async () => {
    expect(await inBox(`cat /etc/shadow; echo done`)).not.toContain("root:");
  });

  test("RN83 a tool's settings without a token are seen", async () => {
    write(".npmrc", "fund=false\n");
    expect(await inBox(`cat "$HOME/.npmrc"`)).toContain("fund=false");
  });

  test("RN84 what is hidden is not there, and what is visible and writable is", async () => {
    const hidden = write("state/workspace.db", "SECRET");
    const seen = write("lent/object", "lent");
    const own = join(bench.dir, "cache");
    mkdirSync(own);
    const log = await inBox(
      `cat ${hidden}; ls ${dirname(hidden)}; cat ${seen}; echo x > ${dirname(seen)}/y; echo z > ${own}/z && echo kept`,
      { hidden: [dirname(hidden)], visible: [dirname(seen)], writable: [own] },
    );
    expect(log).not.toContain("SECRET");
    expect(log).toContain("lent");
    expect(log).toContain("Read-only file system");
    expect(log).toContain("kept");
  });

  test("RN85 what its tools cache is kept for the project, and is not the account's own", async () => {
    const theirs = write(".cache/tool/theirs", "theirs");
    const caches = join(bench.dir, "caches");
    const script = `cat "$HOME/.cache/tool/theirs"; mkdir -p "$HOME/.npm" "$HOME/.cache/tool"; echo mine >> "$HOME/.cache/tool/mine"; cat "$HOME/.cache/tool/mine"`;
    await inBox(script, { caches });
    const log = await inBox(script, { caches });
    expect(log).toContain("mine\nmine\n");
    expect(log).not.toContain("theirs\n");
    expect(readFileSync(theirs, "utf8")).toBe("theirs");
  });

  test("RN85 a cache of the account that is a link elsewhere stays apart too", async () => {
    const theirs = `${bench.dir}-theirs`;
    mkdirSync(theirs);
    try {
      symlinkSync(theirs, join(bench.dir, ".cache"));
      symlinkSync(`${theirs}/gone`, join(bench.dir, ".npm"));
      const caches = join(bench.dir, "caches");
      const script = `echo mine >> "$HOME/.cache/mine"; cat "$HOME/.cache/mine"`;
      await inBox(script, { caches });
      expect(await inBox(script, { caches })).toContain("mine\nmine\n");
      expect(readdirSync(theirs)).toEqual([]);
    } finally {
      rmSync(theirs, { recursive: true });
    }
  });

  test("RN86 without the network no service of the machine answers, and its own loopback works", async () => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("reached") });
    const ask = `curl -s -m 5 http://127.0.0.1:${server.port}/; echo "code $?"`;
    expect(await inBox(ask)).toContain("reachedcode 0");
    const log = await inBox(`${ask}; cat /sys/class/net/lo/operstate; cat /proc/net/dev`, { network: false });
    expect(log).toContain("code 7");
    expect(log).not.toContain("eth0");
  });

  test("RN89 nothing that it starts outlives it, and it sees no process but its own", async () => {
    const cwd = join(bench.dir, "work");
    mkdirSync(cwd);
    const seconds = `1000.${process.pid}`;
    const run = await bench.shell(
      `env -i setsid -f sh -c 'setsid -f sleep ${seconds}'; sleep 0.3; ls -d /proc/[0-9]* | wc -l; kill -9 ${process.pid}; exit 3`,
      { cwd, confinement: BOX },
    );
    expect(await run.result).toMatchObject({ exitCode: 3, survivorsEnded: 1 });
    expect(Number(bench.log().split("\n")[0])).toBeLessThan(8);
  });

  test("RN89 when it is stopped, what is in it gets the time to end", async () => {
    const cwd = join(bench.dir, "work");
    mkdirSync(cwd);
    const run = await bench.shell(
      `trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done`,
      { cwd, confinement: BOX },
    );
    await until("it to be ready", () => bench.log().includes("ready"));
    run.stop("enough");
    expect((await run.result).ending).toBe("interrupted");
    expect(bench.log()).toContain("saved");
  });

  test("RN87 an agent has its program's own folder, and cannot change there what starts programs", async () => {
    write(".claude/settings.json", "{}");
    const cwd = join(bench.dir, "work");
    mkdirSync(cwd);
    const claude = bench.script(
      "claude",
      `#!/bin/sh\necho s > "$HOME/.claude/session" && echo kept; echo x > "$HOME/.claude/settings.json"; ls "$HOME/.codex"; cat "$HOME/.aws/credentials"\n`,
    );
    write(".codex/auth.json", "");
    write(".aws/credentials", "SIGN-IN");
    const spec = { kind: "claude-code", program: claude } as const;
    const given = { cwd, confinement: { ...BOX, agent: true } };
    await (
      await bench.start(spec, { ...given, env: { CLAUDE_CODE_USE_BEDROCK: "1" } })
    ).result;
    expect(bench.log()).toContain("SIGN-IN");
    await (
      await bench.start(spec, given)
    ).result;
    expect(bench.log()).not.toContain("SIGN-IN");
    expect(bench.log()).toContain("kept");
    expect(bench.log()).toContain("Read-only file system");
    expect(bench.log()).not.toContain("auth.json");
  });

  test("RN87 an agent's settings that are a link elsewhere stay the person's, whatever a run puts in their place", async () => {
    write("dotfiles/settings.json", "{}");
    write(".claude/projects/old.jsonl", "1\n");
    symlinkSync(join(bench.dir, "dotfiles", "settings.json"), join(bench.dir, ".claude", "settings.json"));
    const cwd = join(bench.dir, "work");
    mkdirSync(cwd);
    const claude = bench.script(
      "claude",
      `#!/bin/sh\ncd "$HOME/.claude" && rm settings.json && echo '{"hooks":1}' > settings.json && echo replaced\necho 2 >> projects/old.jsonl\n`,
    );
    const run = await bench.start(
      { kind: "claude-code", program: claude },
      { cwd, confinement: { ...BOX, agent: true } },
    );
    await run.result;
    expect(bench.log()).toContain("replaced");
    expect(readFileSync(join(bench.dir, ".claude", "settings.json"), "utf8")).toBe("{}");
    expect(readFileSync(join(bench.dir, ".claude", "projects", "old.jsonl"), "utf8")).toBe("1\n2\n");
  });

  test("RN87 an agent's folder that is a link elsewhere is there, with what it may not change", async () => {
    const linked = join(bench.dir, "dotfiles", "claude");
    write("dotfiles/claude/settings.json", "{}");
    symlinkSync(linked, join(bench.dir, ".claude"));
    const cwd = join(bench.dir, "work");
    mkdirSync(cwd);
    const claude = bench.script(
      "claude",
      `#!/bin/sh\necho s > "$HOME/.claude/session" && echo kept; echo x > "$HOME/.claude/settings.json"\n`,
    );
    const spec = { kind: "claude-code", program: claude } as const;
    const run = await bench.start(spec, { cwd, confinement: { ...BOX, agent: true } });
    await run.result;
    expect(bench.log()).toContain("kept");
    expect(bench.log()).toContain("Read-only file system");
    expect(readFileSync(join(linked, "session"), "utf8")).toBe("s\n");
  });
});

test("RN88 a sandbox that cannot be had starts nothing and says what to do", () => {
  const launcher = createLauncher({ hostEnv: {}, platform: "darwin" });
  for (const asked of [
    { sandbox: "bwrap", network: true },
    { sandbox: "auto", network: false },
    { sandbox: "none", network: false },
  ] as const)
    expect(() => launcher.isolation(asked)).toThrow("bubblewrap does not work here");
  expect(launcher.isolation({ sandbox: "auto", network: true })).toBe("marks");
});
