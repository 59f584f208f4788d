import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder, sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const ROUNDS = 21;
const ROOT = join(import.meta.dir, "..");

/** What every command may take of an empty compiled program's time, and what its help may. */
const COMMAND_AT_MOST = 5;
const HELP_AT_MOST = 1.5;

const SIZES = [1_000, 1_000_000] as const;

/** The everyday commands as they are typed, in the folder of the code; LEASE and ITEM are those of a claim just made. */
const COMMANDS: readonly (readonly string[])[] = [
  [],
  ["next"],
  ["claim"],
  ["note", "ITEM", "Looked into it"],
  ["item", "show", "ITEM"],
  ["item", "list"],
  ["why", "ITEM"],
  ["gate", "list"],
  ["item", "add", "-t", "Fix the login", "-p", "p1"],
  ["finish", "LEASE", "--note", "Done"],
];

/** Whole processes, from the start to the end, of the compiled program. */
export const start = {
  title: "Start of the compiled program",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const { sluice, empty } = await compiledPrograms(home);
    const results: ClaimResult[] = [];
    for (const items of SIZES) {
      const folder = await folderWith(sluice, home, items);
      for (const how of ["pipe", "terminal"] as const)
        results.push(...(await everyday({ sluice, empty, folder, home, how, items })));
    }
    return [...results, ...(await helpAndVersion(sluice, empty, home))];
  },
};

/** A folder of code with a workspace that was made in it and holds so many items. */
async function folderWith(sluice: string, home: string, items: number): Promise<string> {
  const folder = join(home, `code-${items}`);
  mkdirSync(join(folder, ".git"), { recursive: true });
  await call([sluice, "init"], folder, envOf(home));
  const place = join(folder, ".sluice", "workspace.db");
  mkdirSync(dirname(place), { recursive: true });
  renameSync(await sqliteFixture({ items, variant: "zipf" }), place);
  return folder;
}

type How = "pipe" | "terminal";

interface Everyday {
  readonly sluice: string;
  readonly empty: string;
  readonly folder: string;
  readonly home: string;
  readonly how: How;
  readonly items: number;
}

async function everyday({
  sluice,
  empty,
  folder,
  home,
  how,
  items,
}: Everyday): Promise<readonly ClaimResult[]> {
  const times = new Map<string, number[]>();
  const keep = (name: string, ms: number) => times.set(name, [...(times.get(name) ?? []), ms]);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const answer = await call([sluice, "claim", "--json"], folder, envOf(home));
    const claimed = Claim.parse(JSON.parse(answer.text));
    const named = { ITEM: claimed.item.ref, LEASE: claimed.lease.id };
    // As a run's own processes are started: their environment names the run.
    const inRun = { ...envOf(home), SLUICE_RUN: claimed.run.ref, SLUICE_LEASE: claimed.lease.id };
    const timed = async (name: string, line: readonly string[], env: Env) => {
      const { ms } = await call(line, folder, env, how);
      if (round > 0) keep(name, ms);
    };
    await timed("empty", [empty], inRun);
    for (const words of COMMANDS) {
      const line = words.map((word) => (word === "ITEM" || word === "LEASE" ? named[word] : word));
      // A run claims nothing else: who starts one is outside of it.
      const env = words[0] === "claim" ? envOf(home) : inRun;
      await timed(["sluice", ...words].join(" "), [sluice, ...line], env);
    }
  }
  const none = median(times.get("empty") ?? []);
  return Array.from(times)
    .filter(([name]) => name !== "empty")
    .map(([name, ms]) =>
      result(`\`${name}\`, ${how}, ${items.toLocaleString("en")} items`, median(ms), none, COMMAND_AT_MOST),
    );
}

async function helpAndVersion(sluice: string, empty: string, home: string): Promise<readonly ClaimResult[]> {
  const waits: Record<string, number[]> = { empty: [], help: [], version: [] };
  const lines = { empty: [empty], help: [sluice, "--help"], version: [sluice, "--version"] };
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [name, line] of Object.entries(lines)) {
      const { ms } = await call(line, home, envOf(home));
      if (round > 0) waits[name]?.push(ms);
    }
  const of = (name: string) => median(waits[name] ?? []);
  return [
    result("`sluice --help`", of("help"), of("empty"), HELP_AT_MOST),
    result("`sluice --version`", of("version"), of("empty"), HELP_AT_MOST),
  ];
}

const result = (claim: string, ours: number, theirs: number, atMost: number): ClaimResult => ({
  claim,
  measured: `${ours.toFixed(1)} ms`,
  against: `${theirs.toFixed(1)} ms for an empty compiled program`,
  ratio: ours / theirs,
  limit: { atMost },
});

/** What `sluice claim --json` says. */
const Claim = z.object({
  item: z.object({ ref: z.string() }),
  lease: z.object({ id: z.string() }),
  run: z.object({ ref: z.string() }),
});

type Env = Readonly<Record<string, string>>;

const envOf = (home: string): Env => ({
  HOME: home,
  PATH: process.env["PATH"] ?? "",
  USER: "ada",
  TERM: "xterm",
});

interface Called {
  readonly ms: number;
  readonly text: string;
}

/** @param how where its output goes; its input is empty in a pipe */
async function call(line: readonly string[], cwd: string, env: Env, how: How = "pipe"): Promise<Called> {
  const begun = performance.now();
  const { code, text } = await (how === "pipe" ? piped : onTerminal)(line, { cwd, env });
  const ms = performance.now() - begun;
  if (code !== 0) throw new Error(`${line.join(" ")} failed with ${code}: ${text}`);
  return { ms, text };
}

interface Where {
  readonly cwd: string;
  readonly env: Env;
}

async function piped(line: readonly string[], where: Where) {
  const child = Bun.spawn([...line], { ...where, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [code, out, error] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { code, text: `${out}${error}` };
}

async function onTerminal(line: readonly string[], where: Where) {
  let text = "";
  const decoder = new TextDecoder();
  const data = (_: unknown, bytes: Uint8Array) => void (text += decoder.decode(bytes));
  const code = await Bun.spawn([...line], { ...where, terminal: { cols: 100, rows: 40, data } }).exited;
  return { code, text };
}

/** The product and an empty program, compiled alike. */
export async function compiledPrograms(
  home: string,
): Promise<{ readonly sluice: string; readonly empty: string }> {
  const sluice = join(home, "sluice");
  const empty = join(home, "empty");
  build([join(ROOT, "scripts", "build.ts"), sluice]);
  await buildEmpty(home, empty);
  return { sluice, empty };
}

function build(argv: readonly string[]): void {
  const run = Bun.spawnSync([process.execPath, ...argv], { cwd: ROOT });
  if (run.exitCode !== 0) throw new Error(`The build failed: ${run.stderr.toString()}`);
}

/** Compiled as the product is, with nothing in it. */
async function buildEmpty(home: string, outfile: string): Promise<void> {
  const folder = join(home, "empty-source");
  mkdirSync(folder);
  writeFileSync(join(folder, "empty.ts"), "export {};\n");
  const built = await Bun.build({
    entrypoints: [join(folder, "empty.ts")],
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false, jitPolicy: 100 },
    minify: true,
    bytecode: true,
    format: "esm",
  });
  if (!built.success) throw new Error("The empty program does not compile");
}
