import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { atTerminal } from "#test/terminal.ts";

/** The program, from source. */
export const SLUICE = join(import.meta.dir, "../../bin/sluice");

const ShownItem = z.object({ item: z.object({ state: z.string(), attempts: z.number() }) });
const Runs = z.object({ runs: z.array(z.looseObject({ outcome: z.string().nullable() })) });

/** A repo with one item that `sluice work` may take, in a home of its own. */
export interface WorkBench {
  /** `HOME` of everything here. */
  readonly home: string;
  git(...args: readonly string[]): string;
  sluice(...args: readonly string[]): string;
  /** As the person at a terminal. */
  atTerminal(command: string, typed?: string): string;
  item(): z.infer<typeof ShownItem>["item"];
  runs(): z.infer<typeof Runs>["runs"];
  /** Writes a file below the home. */
  write(file: string, text: string, mode?: number): void;
  /** Starts `sluice work` with these arguments, and these variables beside the clean ones. */
  work(args: readonly string[], env: Readonly<Record<string, string>>): Working;
  close(): void;
}

export interface Working {
  readonly process: ChildProcess;
  text(): string;
  /** Resolves when this text has been printed, or the program has ended. */
  until(text: string): Promise<void>;
  readonly exitCode: Promise<number | null>;
}

export function openWorkBench(): WorkBench {
  const dir = mkdtempSync(join(tmpdir(), "sluice-work-"));
  const home = join(dir, "home");
  const cwd = join(dir, "repo");
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8", GIT_CONFIG_NOSYSTEM: "1" };
  const call = (program: string, args: readonly string[]): string => {
    const done = spawnSync(program, [...args], { cwd, env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${done.stdout}${done.stderr}`);
    return done.stdout;
  };
  const git = (...args: readonly string[]): string => call("git", args);
  const sluice = (...args: readonly string[]): string => call(SLUICE, args);
  const write = (file: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), text, { mode });
  };
  mkdirSync(cwd);
  write(".gitconfig", "[user]\n\tname = Ada\n\temail = ada@example.test\n");
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "Begin");
  sluice("init");
  sluice("project", "add", "App", "--alias", "app", "--landing", "merge", "--check", "test -s hello.txt");
  sluice("repo", "add", ".", "-p", "app");
  sluice("item", "add", "-t", "Greet the visitor", "-p", "app", "--lane", "autonomous_safe");
  return {
    home,
    git,
    sluice,
    atTerminal: (command, typed) => {
      const { code, text } = atTerminal(command, { cwd, env, ...(typed === undefined ? {} : { typed }) });
      if (code !== 0) throw new Error(`${command}: ${text}`);
      return text;
    },
    item: () => ShownItem.parse(JSON.parse(sluice("item", "show", "OB-1", "--json"))).item,
    runs: () => Runs.parse(JSON.parse(sluice("run", "list", "--json"))).runs,
    write,
    work: (args, more) =>
      watch(
        spawn(SLUICE, ["work", ...args], {
          cwd,
          env: { ...env, ...more },
          stdio: ["ignore", "pipe", "pipe"],
        }),
      ),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function watch(child: ChildProcess): Working {
  let text = "";
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    text += chunk.toString();
    waiting.forEach((look) => look());
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const exit = Promise.withResolvers<number | null>();
  child.once("close", exit.resolve);
  const until = (wanted: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (text.includes(wanted)) resolve();
    };
    waiting.add(look);
    look();
    void exit.promise.then(() => resolve());
    return promise;
  };
  return { process: child, text: () => text, until, exitCode: exit.promise };
}
