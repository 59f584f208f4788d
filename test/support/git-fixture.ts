import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Sha, parseSha } from "#domain/git-ref/sha.ts";

/** 2024-01-01 12:00 UTC; each commit of a fixture is a minute younger than the one before. */
const FIRST_COMMIT_SECONDS = 1_704_110_400;

interface NewFixtureCommit {
  readonly message?: string;
  /** Path → content; null removes the file. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** `Name <mail>`; default the fixture's person. */
  readonly author?: string;
}

/** One real repository of a sandbox, driven by the git program in a clean environment. */
export interface FixtureRepo {
  readonly dir: string;
  /** The common directory. */
  readonly repo: string;
  /** Runs git, answers trimmed standard output, throws with standard error. */
  readonly git: (...args: string[]) => string;
  /** The same in another directory. */
  readonly gitIn: (dir: string, ...args: string[]) => string;
  readonly commit: (commit?: NewFixtureCommit) => Sha;
  readonly head: (name?: string) => Sha;
}

/** A temporary directory with a HOME and repositories of its own, seen by no configuration of this machine. */
export interface GitSandbox {
  readonly root: string;
  /** The clean environment; give it to what runs git. */
  readonly env: Readonly<Record<string, string>>;
  /** The person's global configuration, empty at first. */
  readonly globalConfig: string;
  readonly path: (...parts: string[]) => string;
  /** `git init` with the person's name configured; `bare` has no worktree. */
  readonly repo: (name: string, options?: { bare?: boolean; branch?: string }) => FixtureRepo;
  readonly clone: (from: string, name: string, ...options: string[]) => FixtureRepo;
  readonly at: (dir: string) => FixtureRepo;
  /** An executable that leaves a mark when it runs; `ran` says whether it did. */
  readonly canary: (
    name: string,
    script?: string,
  ) => { readonly program: string; readonly ran: () => boolean };
  readonly [Symbol.dispose]: () => void;
}

export function gitSandbox(): GitSandbox {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sluice-git-")));
  const home = join(root, "home");
  const globalConfig = join(root, "gitconfig");
  mkdirSync(home);
  writeFileSync(globalConfig, "[init]\n\tdefaultBranch = main\n");
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    GIT_CONFIG_GLOBAL: globalConfig,
    GIT_CONFIG_NOSYSTEM: "1",
    LC_ALL: "C",
  };
  let seconds = FIRST_COMMIT_SECONDS;
  const tick = () => (seconds += 60);
  const at = (dir: string) => fixtureRepo(dir, env, tick);
  const init = (name: string, { bare = false, branch = "main" } = {}) => {
    const dir = join(root, name);
    run(root, env, ["init", "--quiet", `--initial-branch=${branch}`, ...(bare ? ["--bare"] : []), dir]);
    return asPerson(at(dir));
  };
  return {
    root,
    env,
    globalConfig,
    path: (...parts) => join(root, ...parts),
    repo: init,
    clone: (from, name, ...options) => {
      run(root, env, ["clone", "--quiet", ...options, from, join(root, name)]);
      return asPerson(at(join(root, name)));
    },
    at,
    canary: (name, script = "cat") => canary(root, name, script),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

function asPerson(repo: FixtureRepo): FixtureRepo {
  repo.git("config", "user.name", "Ada Human");
  repo.git("config", "user.email", "ada@example.org");
  return repo;
}

function fixtureRepo(dir: string, env: Readonly<Record<string, string>>, tick: () => number): FixtureRepo {
  const git = (...args: string[]) => run(dir, env, args);
  const head = (name = "HEAD") => parseSha(git("rev-parse", "--verify", `${name}^{commit}`));
  return {
    dir,
    repo: git("rev-parse", "--path-format=absolute", "--git-common-dir"),
    git,
    gitIn: (where, ...args) => run(where, env, args),
    head,
    commit: ({ message = "Change", files = {}, author = "Ada Human <ada@example.org>" } = {}) => {
      for (const [path, content] of Object.entries(files)) put(join(dir, path), content);
      const date = `@${tick()} +0000`;
      git("add", "--all");
      const dated = { ...env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
      run(dir, dated, ["commit", "--quiet", "--allow-empty", `--author=${author}`, "-m", message]);
      return head();
    },
  };
}

function put(path: string, content: string | null): void {
  if (content === null) return rmSync(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function canary(root: string, name: string, script: string): { program: string; ran: () => boolean } {
  const program = join(root, `canary-${name}`);
  const mark = `${program}.ran`;
  writeFileSync(program, `#!/bin/sh\necho ran >> '${mark}'\n${script}\n`);
  chmodSync(program, 0o755);
  return { program, ran: () => existsSync(mark) && readFileSync(mark, "utf8") !== "" };
}

function run(cwd: string, env: Readonly<Record<string, string>>, args: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...args], { cwd, env, stdin: "ignore" });
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString().replace(/\n$/, "");
}
