import { earlyAnswer } from "#mcp/early-answer.ts";
import { defaultToolset, TOOLSETS, type ToolsetName } from "#mcp/toolset-name.ts";

/** Standard input after its first line was looked at. */
export interface Opening {
  /** Every line, the first one too: the server hears it all the same. */
  readonly lines: AsyncIterator<string>;
  /** Id of the message in the first line, where that was answered. */
  readonly answeredId: string | number | undefined;
}

/** Flags of `sluice mcp` that take a value, and are good whatever it is. */
const WITH_VALUE = new Set(["--as", "-w", "--workspace", "-p", "--project", "--profile", "--lease"]);

/** Whether a command line surely starts a server. What is unusual, wrong, or asks for help goes the whole way. */
export function isPlainServer(argv: readonly string[]): boolean {
  if (argv[0] !== "mcp" || argv.length % 2 === 0) return false;
  return argv.slice(1).every((word, at, words) => {
    if (at % 2 === 1) return word !== "" && !word.startsWith("-");
    return WITH_VALUE.has(word) || (word === "--toolset" && namedToolset(words[at + 1]) !== undefined);
  });
}

const namedToolset = (name: string | undefined): ToolsetName | undefined =>
  TOOLSETS.find((one) => one === name);

/** The set of tools that a plain server offers. */
export function plainToolset(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ToolsetName {
  const valueOf = (flag: string): string | undefined => {
    const at = argv.lastIndexOf(flag);
    return at < 0 ? undefined : argv[at + 1];
  };
  // An empty variable counts as absent.
  const lease = valueOf("--lease") ?? (env["SLUICE_LEASE"] || undefined);
  return namedToolset(valueOf("--toolset")) ?? defaultToolset(lease);
}

/** Hears the first line and answers it before the server is loaded, which takes ten times as long as all else at a start. */
export async function quickHandshake(version: string, toolset: ToolsetName): Promise<Opening> {
  const input = console[Symbol.asyncIterator]();
  const first = await input.next();
  const early = first.done === true ? undefined : earlyAnswer(first.value, version, toolset);
  if (early !== undefined) await Bun.write(Bun.stdout, early.answer);
  return { lines: startingWith(first, input), answeredId: early?.id };
}

async function* startingWith(
  first: IteratorResult<string>,
  rest: AsyncIterator<string>,
): AsyncGenerator<string, undefined> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  return undefined;
}
