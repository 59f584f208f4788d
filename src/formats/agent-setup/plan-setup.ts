import { SluiceError } from "#domain/errors.ts";
import { CLIENT_SETUPS, type AgentClient, type ServerCommand, type SetupScope } from "./agent-client.ts";
import { readJsonEntry, withJsonEntry } from "./json-entry.ts";
import { MARKDOWN_MARKS, TOML_MARKS, withBlock, withoutBlock } from "./marked-block.ts";

/** Name of the entry in every client's settings. */
const SERVER = "sluice";

interface SetupRequest {
  readonly clients: readonly AgentClient[];
  readonly scope: SetupScope;
  /** Remove what an earlier setup wrote. */
  readonly remove: boolean;
  readonly server: ServerCommand;
  /** Section for the file that a client reads at every start. */
  readonly instructions: string;
  /** Skills by name. */
  readonly skills: Readonly<Record<string, string>>;
  /** A file's text now, by its path relative to the scope's folder; undefined where there is none. */
  readonly read: (path: string) => string | undefined;
}

/** One file as it is and as it is to be; undefined where there is none. */
export interface FileChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** A file that is left alone, because somebody else wrote what stands there. */
interface KeptFile {
  readonly path: string;
  readonly reason: string;
}

export interface SetupPlan {
  readonly changes: readonly FileChange[];
  readonly kept: readonly KeptFile[];
}

/** A file's new text, or the reason why it stays. */
type Edit = { readonly text: string } | { readonly reason: string };

/** What setup would do. Pure: nothing is read but through `read`, nothing written. Refuses, with `invalid`, settings that cannot be read. */
export function planSetup(request: SetupRequest): SetupPlan {
  const before = new Map<string, string | undefined>();
  const after = new Map<string, string>();
  const kept = new Map<string, string>();
  for (const { path, edit } of request.clients.flatMap((client) => editsOf(client, request))) {
    if (!before.has(path)) before.set(path, request.read(path));
    const result = edit(after.get(path) ?? before.get(path) ?? "");
    if ("reason" in result) kept.set(path, result.reason);
    else after.set(path, result.text);
  }
  return {
    changes: Array.from(after, ([path, text]) => ({
      path,
      before: before.get(path),
      after: isBlank(text) ? undefined : text,
    })).filter((change) => change.before !== change.after),
    kept: Array.from(kept, ([path, reason]) => ({ path, reason })),
  };
}

interface PlannedEdit {
  readonly path: string;
  readonly edit: (text: string) => Edit;
}

function editsOf(client: AgentClient, request: SetupRequest): readonly PlannedEdit[] {
  const setup = CLIENT_SETUPS[client];
  const files: (typeof setup)["project"] | (typeof setup)["user"] = setup[request.scope];
  const settings =
    setup.format === "json"
      ? (text: string) => jsonEdit(text, files.settings, setup.under, entryOf(client, request))
      : (text: string) => tomlEdit(text, files.settings, setup.under, entryOf(client, request));
  const section = request.remove ? undefined : request.instructions;
  return [
    { path: files.settings, edit: settings },
    ...("instructions" in files
      ? [
          {
            path: files.instructions,
            edit: (text: string) => ({
              text: withBlock({ text, marks: MARKDOWN_MARKS, file: files.instructions }, section),
            }),
          },
        ]
      : []),
    ...Object.entries(request.skills).map(([name, skill]) => ({
      path: `${files.skills}/${name}/SKILL.md`,
      edit: (text: string) => skillEdit(text, request.remove ? undefined : skill),
    })),
  ];
}

/** Each client acts under a name of its own. */
const entryOf = (client: AgentClient, { remove, server: { command, args } }: SetupRequest) =>
  remove ? undefined : CLIENT_SETUPS[client].entry({ command, args: [...args, "--as", `ai:${client}`] });

function jsonEdit(text: string, file: string, under: string, entry: object | undefined): Edit {
  const place = { file, under, name: SERVER };
  const found = readJsonEntry(text, place);
  if (found !== undefined && !startsSluice(found))
    return { reason: `${under}.${SERVER} was written by another program or person` };
  if (found === undefined && entry === undefined) return { text };
  return { text: withJsonEntry(text, place, entry) };
}

/** Whether an entry starts this program's server: then an earlier setup, or a person following the guide, wrote it. */
function startsSluice(entry: unknown): boolean {
  if (typeof entry !== "object" || entry === null || !("command" in entry)) return false;
  const words: readonly unknown[] = [entry.command, "args" in entry ? entry.args : []].flat(2);
  return /(^|[\\/])sluice(\.exe)?$/.test(String(words[0])) && words[1] === "mcp";
}

function tomlEdit(
  text: string,
  file: string,
  under: string,
  entry: Readonly<Record<string, unknown>> | undefined,
): Edit {
  const marked = { text, marks: TOML_MARKS, file };
  const others = parseToml(withoutBlock(marked), file);
  const servers: unknown = Object.getOwnPropertyDescriptor(others, under)?.value;
  if (typeof servers === "object" && servers !== null && SERVER in servers)
    return { reason: `[${under}.${SERVER}] was written by another program or person` };
  const table = entry === undefined ? undefined : tomlTable(`${under}.${SERVER}`, entry);
  return { text: withBlock(marked, table) };
}

function parseToml(text: string, file: string): object {
  try {
    return Bun.TOML.parse(text);
  } catch (error) {
    throw new SluiceError("invalid", `${file} is not valid TOML`, {
      hint: "Fix it, then run sluice setup again; nothing was changed",
      details: { file },
      cause: error,
    });
  }
}

/** Strings and lists of strings read the same in JSON and in TOML. */
const tomlTable = (name: string, entry: Readonly<Record<string, unknown>>): string =>
  [`[${name}]`, ...Object.entries(entry).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)].join(
    "\n",
  );

function skillEdit(text: string, skill: string | undefined): Edit {
  if (text !== "" && !isOwnSkill(text))
    return { reason: "it was changed by hand, or was not written by sluice setup" };
  return { text: skill === undefined ? "" : markedSkill(skill) };
}

/** Nothing is left in it that anybody wrote. */
function isBlank(text: string): boolean {
  return text.trim() === "" || /^\s*\{\s*\}\s*$/.test(text);
}

/** Ends a skill that setup wrote; the digest says whether a person has changed it since. */
const MARK = /\n<!-- sluice:skill ([0-9a-f]{16}), written by sluice setup -->\n$/;

const digestOf = (text: string): string =>
  new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 16);

/** A skill as it is installed. */
function markedSkill(text: string): string {
  return `${text.trimEnd()}\n<!-- sluice:skill ${digestOf(text.trimEnd())}, written by sluice setup -->\n`;
}

/** Whether a file is a skill of ours, and still as it was written. */
function isOwnSkill(text: string): boolean {
  const mark = MARK.exec(text);
  return mark !== null && digestOf(text.slice(0, mark.index)) === mark[1];
}
