import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { LETTERS } from "./letters.ts";
import { makeRepository } from "./make-repository.ts";
import { REMINDERS } from "./reminders.ts";
import { SHELF } from "./shelf.ts";

const ROOT = join(import.meta.dir, "..");

/** The repositories of the demo, in the order of their import. */
export const FIXTURES = [REMINDERS, SHELF, LETTERS] as const;
/** Names under which the demo's agent program works. */
export const AGENTS = ["scribe", "mason"] as const;

/** Where one demo keeps everything. */
export interface DemoFolder {
  readonly dir: string;
  /** Environment of every command of the demo: nothing of the caller's but where programs, home and language are. */
  readonly env: Readonly<Record<string, string>>;
}

const INHERITED = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LC_ALL",
  "TERM",
  "TZ",
  "TMPDIR",
  "SLUICE_HOST",
];

/** A new folder, or `keep` where it is new or empty. */
export function newDemoFolder(keep: string | undefined, cwd: string): string {
  if (keep === undefined) return mkdtempSync(join(tmpdir(), "sluice-demo-"));
  const dir = resolve(cwd, keep);
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw new Error(`--keep is ${JSON.stringify(keep)}, expected a folder that is new or empty`);
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** Fills a folder with the repositories, the agents and `env.sh`, which a person sources to look around. */
export function fillDemoFolder(dir: string, from: Readonly<Record<string, string | undefined>>): DemoFolder {
  const own = {
    SLUICE_WORKSPACE: join(dir, "workspace.db"),
    SLUICE_STATE_DIR: join(dir, "state"),
    SLUICE_ACTOR: "human:operator",
  };
  const inherited = INHERITED.flatMap((name) => {
    const value = from[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const env = {
    ...Object.fromEntries(inherited),
    PATH: [join(ROOT, "bin"), from["PATH"] ?? ""].join(delimiter),
    ...own,
  };
  for (const fixture of FIXTURES) makeRepository(join(dir, fixture.name), fixture, env);
  mkdirSync(join(dir, "agents"));
  for (const name of AGENTS) writeAgent(join(dir, "agents", name));
  const exports = Object.entries(own).map(([name, value]) => `export ${name}=${quote(value)}`);
  writeFileSync(
    join(dir, "env.sh"),
    [...exports, `export PATH=${quote(join(ROOT, "bin"))}:"$PATH"`, ""].join("\n"),
  );
  return { dir, env };
}

function writeAgent(path: string): void {
  const bun = ["exec", process.execPath, `--config=${join(ROOT, "bunfig.toml")}`, "--no-env-file"];
  const words = [...bun, join(import.meta.dir, "agent.ts")];
  writeFileSync(path, `#!/bin/sh\n${words.map(quote).join(" ")}\n`);
  chmodSync(path, 0o755);
}

/** A word as a POSIX shell takes it literally. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
