import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { SluiceError } from "#domain/errors.ts";

/** A call over the network; a hung one ends here. */
const TIMEOUT_MS = 60_000;
/** Reviews and checks of one pull request stay far below. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_WORDS = 1_000;

export interface GhResult {
  readonly exit: number;
  readonly stdout: string;
  /** Its last words, for people. */
  readonly stderr: string;
}

export interface GhRunner {
  /** Undefined where the program is not installed. */
  readonly run: (args: readonly string[], stdin?: string) => Promise<GhResult | undefined>;
}

const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|XDG_(?:CONFIG|STATE|DATA|CACHE)_HOME|SSL_CERT_(?:FILE|DIR)|GH_.*|GITHUB_TOKEN|GITHUB_ENTERPRISE_TOKEN|(?:https?|all|no)_proxy)$/i;

/** No prompt, no pager, no colour, no word about a newer release. */
const FIXED = {
  GH_PROMPT_DISABLED: "1",
  GH_NO_UPDATE_NOTIFIER: "1",
  GH_PAGER: "cat",
  NO_COLOR: "1",
  LC_ALL: "C",
} as const;

/**
 * Runs GitHub's own program.
 * @param env this program's environment; only what the other needs is passed on
 * @param cwd a folder of ours: a repository's would have a say in what it asks
 */
export function ghRunner(env: Readonly<Record<string, string | undefined>>, cwd: string): GhRunner {
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && PASSED.test(name) ? [[name, value] as const] : [],
  );
  const clean = { ...Object.fromEntries(passed), ...FIXED };
  return {
    run: async (args, stdin) => {
      const program = findGh(env["PATH"] ?? "");
      return program === undefined ? undefined : finish(program, { args, cwd, env: clean, stdin });
    },
  };
}

/** Relative entries of the path are passed over: the current folder may be a stranger's. */
function findGh(path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((entry) => isAbsolute(entry))
    .map((entry) => join(entry, "gh"))
    .find((file) => isProgram(file));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

interface Call {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | undefined;
}

async function finish(program: string, { args, cwd, env, stdin }: Call): Promise<GhResult> {
  const child = Bun.spawn([program, ...args], {
    cwd,
    env,
    stdin: stdin === undefined ? "ignore" : new TextEncoder().encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    maxBuffer: MAX_BYTES,
  });
  const [stdout, stderr, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (child.signalCode !== null)
    throw new SluiceError("unavailable", `gh ${args[0] ?? ""} timed out, or printed too much`, {
      hint: "Check that the forge answers: gh auth status",
      details: { forge: true },
    });
  return { exit, stdout, stderr: stderr.trim().slice(-MAX_WORDS) };
}
