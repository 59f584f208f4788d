import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { serve, type Served } from "#test/serve.ts";
import { demoEnvironment, type Ran, run } from "./demo-state.ts";

const Secret = z.object({ secret: z.string() });
const SLUICE = join(import.meta.dir, "..", "..", "bin", "sluice");

/** A folder with a home, a git repository and a workspace over it, worked on through the command line alone. */
export interface CliBench extends Disposable {
  readonly home: string;
  /** The repository; `main` is checked out. */
  readonly repository: string;
  readonly workspace: string;
  readonly sluice: (...args: readonly string[]) => Promise<Ran>;
  /** With this on stdin, or further variables, or in another folder. */
  readonly call: (
    args: readonly string[],
    more: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>>; readonly cwd?: string },
  ) => Promise<Ran>;
  readonly json: (...args: readonly string[]) => Promise<unknown>;
  readonly git: (...args: readonly string[]) => Promise<string>;
  /** Of every command. */
  readonly env: Readonly<Record<string, string>>;
  readonly write: (path: string, bytes: string | Uint8Array) => string;
}

/** How the command line reaches the workspace: the file itself, or a server that keeps it. */
export const PLACES = ["file", "server"] as const;
export type CliPlace = (typeof PLACES)[number];

/** Project `app` with repo `app`; the workspace is a file outside of the repository. */
export async function openCliBench(
  place: CliPlace = "file",
  serverFlags: readonly string[] = [],
): Promise<CliBench> {
  const home = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  const repository = join(home, "app");
  const workspace = join(home, "workspace.db");
  mkdirSync(repository);
  const env: Record<string, string> = {
    ...demoEnvironment(home),
    SLUICE_WORKSPACE: workspace,
    SLUICE_STATE_DIR: join(home, "state"),
    SLUICE_ACTOR: "human:operator",
  };
  let server: Served | undefined;
  const call: CliBench["call"] = (args, { env: more = {}, cwd = repository, ...options }) =>
    run([SLUICE, ...args], { cwd, env: { ...env, ...more }, ...options });
  const sluice: CliBench["sluice"] = (...args) => call(args, {});
  const git: CliBench["git"] = async (...args) =>
    succeed(await run(["git", ...args], { cwd: repository, env }), args);
  const bench: CliBench = {
    home,
    repository,
    workspace,
    sluice,
    call,
    json: async (...args) => {
      const answer: unknown = JSON.parse(succeed(await sluice(...args, "--json"), args));
      return answer;
    },
    git,
    env,
    write: (path, bytes) => {
      const file = join(repository, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      return file;
    },
    [Symbol.dispose]: () => {
      server?.[Symbol.dispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "Test Operator");
  await git("config", "user.email", "operator@example.invalid");
  bench.write("README.md", "# App\n");
  await git("add", "--all");
  await git("commit", "--quiet", "-m", "Begin");
  await bench.json("init");
  await bench.json("project", "add", "App", "--alias", "app");
  await bench.json("repo", "add", ".", "-p", "app");
  if (place === "server") {
    const made = await bench.json("token", "create", "--as", "human:operator", "--role", "admin");
    server = await serve({ ...env }, home, ["--rate", "0", ...serverFlags]);
    env["SLUICE_TOKEN"] = Secret.parse(made).secret;
    env["SLUICE_WORKSPACE"] = server.url;
  }
  return bench;
}

function succeed({ code, stdout, stderr }: Ran, args: readonly string[]): string {
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}
