import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { GitTrust, SettingChange } from "#operations/ports/git.ts";
import { splitNul } from "./git-environment.ts";
import { decode, gitFailed, type GitRunner, hideSecrets } from "./run-git.ts";

/** Settings that name a program, or another place that git reads from, writes to or asks. */
const POWERFUL = new RegExp(
  `^(?:${[
    "core\\.(?:hookspath|fsmonitor|sshcommand|attributesfile|gitproxy|askpass|alternaterefscommand|worktree)",
    "(?:credential|extensions|filter|gpg|http|includeif|protocol|url)\\..*",
    "include\\.path",
    "diff\\.external",
    "diff\\..*\\.(?:command|textconv)",
    "merge\\..*\\.driver",
    "remote\\..*\\.(?:proxy|pushurl|receivepack|uploadpack|url|vcs)",
    "submodule\\..*\\.(?:update|url)",
    "uploadpack\\.packobjectshook",
  ].join("|")})$`,
  "s",
);

/** How much of a value is kept to be shown. */
const SHOWN_CHARS = 200;

const Setting = z.lazy(() => z.object({ hash: z.string(), shown: z.string() }));
type Settings = Readonly<Record<string, z.infer<typeof Setting>>>;
const Trusted = z.lazy(() => z.object({ repo: z.string(), settings: z.record(z.string(), Setting) }));

/** @param folder of ours on this host, outside every repository */
export function createTrust(git: GitRunner, folder: string): GitTrust {
  const fileOf = (repo: string) => join(folder, `${hash(repo).slice(0, 32)}.json`);
  const keep = (repo: string, settings: Settings): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = fileOf(repo);
    writeFileSync(`${file}.new`, JSON.stringify({ repo, settings }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const changes = async (repo: string) => {
    const now = await powerfulSettings(git, repo);
    return { now, before: readTrusted(fileOf(repo)) };
  };
  return {
    untrusted: async ({ repo }) => {
      const { now, before } = await changes(repo);
      if (before === undefined) keep(repo, now);
      return compare(before ?? now, now);
    },
    trust: async ({ repo, once }) => {
      const found = changes(repo);
      found.catch(() => {}); // seen below
      await once;
      const { now, before } = await found;
      keep(repo, now);
      return compare(before ?? now, now);
    },
  };
}

function readTrusted(file: string): Settings | undefined {
  try {
    return Trusted.parse(JSON.parse(readFileSync(file, "utf8"))).settings;
  } catch {
    return undefined;
  }
}

function compare(before: Settings, now: Settings): readonly SettingChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted();
  return names
    .filter((name) => before[name]?.hash !== now[name]?.hash)
    .map((name) => ({
      name,
      ...(before[name] === undefined ? {} : { before: before[name].shown }),
      ...(now[name] === undefined ? {} : { after: now[name].shown }),
    }));
}

async function powerfulSettings(git: GitRunner, repo: string): Promise<Settings> {
  const args = ["config", "-z", "--show-scope", "--list"];
  const { exit, stdout, stderr } = await git.run({ cwd: repo, args });
  if (exit !== 0) throw gitFailed(args, stderr);
  const fields = splitNul(decode(stdout));
  const found = new Map<string, string>();
  for (let at = 0; at < fields.length; at += 2) {
    const entry = fields[at + 1] ?? "";
    const end = entry.indexOf("\n");
    const name = end < 0 ? entry : entry.slice(0, end);
    if (
      fields[at] === "global" ||
      fields[at] === "system" ||
      fields[at] === "command" ||
      !POWERFUL.test(name)
    )
      continue;
    const value = end < 0 ? "true" : entry.slice(end + 1);
    found.set(name, found.has(name) ? `${found.get(name)}\n${value}` : value);
  }
  const shown = [...found].map(
    ([name, value]) => [name, { hash: hash(value), shown: shorten(value) }] as const,
  );
  return { ...Object.fromEntries(shown), ...programs(repo) };
}

/** Hooks that git would run, and the attributes that decide which filters it runs. */
function programs(repo: string): Settings {
  const hooks = namesIn(join(repo, "hooks")).filter(
    (name) => !name.endsWith(".sample") && isExecutable(join(repo, "hooks", name)),
  );
  const files = [...hooks.map((name) => `hooks/${name}`), "info/attributes"];
  return Object.fromEntries(files.flatMap((path) => printed(repo, path)));
}

function printed(repo: string, path: string): readonly (readonly [string, z.infer<typeof Setting>])[] {
  const full = join(repo, path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() === true) {
    const to = readlinkSync(full);
    return [[path, { hash: hash(`link ${to}`), shown: `a link to ${to}` }]];
  }
  if (stat?.isFile() !== true) return [];
  const text = readFileSync(full);
  return [[path, { hash: Bun.SHA256.hash(text, "hex"), shown: `${stat.size} bytes` }]];
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).toSorted();
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const hash = (text: string): string => Bun.SHA256.hash(text, "hex");

const shorten = (value: string): string => hideSecrets(value.replaceAll("\n", ", ")).slice(0, SHOWN_CHARS);
