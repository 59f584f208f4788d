import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { Capability, MOST_CAPABILITIES } from "#domain/text/bounded-text.ts";
import { type RunnerName, RunnerSpec } from "#operations/ports/runner-spec.ts";
import type { WorkerRunner } from "#worker/worker-deps.ts";

const NAME = /^[\p{L}\p{N}._@/+-]{1,64}$/u;

/** Agent programs that a runner's name alone stands for. */
export const AGENT_PROGRAMS = [
  "claude-code",
  "codex",
  "opencode",
  "gemini",
  "grok",
] as const satisfies readonly RunnerName[];
type AgentProgram = (typeof AGENT_PROGRAMS)[number];

const FORMS = `${AGENT_PROGRAMS.join(", ")}, one of these with =PROGRAM, NAME=PROGRAM ARG… for any other program, or NAME={"kind":…} with settings`;

/**
 * Reads `--runner`: an agent program such as `codex`, `codex=/path/of/codex`, `NAME=PROGRAM ARG…` for any program (words split as a
 * shell splits them, nothing expanded), or `NAME={"kind":"codex","model":"o3"}`, a runner's settings as JSON.
 */
export function readRunner(text: string): WorkerRunner {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  const rest = at < 0 ? "" : text.slice(at + 1).trim();
  if (!NAME.test(name)) throw invalidField("runner", text, FORMS);
  if (rest.startsWith("{")) return { name, ...readSettings(rest, text) };
  const words = splitWords(rest, text);
  const kind = AGENT_PROGRAMS.find((one) => one === name);
  if (kind !== undefined) return { name, capabilities: [], spec: agentSpec(kind, words, text) };
  if (words.length === 0) throw invalidField("runner", text, FORMS);
  return { name, capabilities: [], spec: { kind: "command", argv: words } };
}

function agentSpec(kind: AgentProgram, [program, ...more]: readonly string[], whole: string): RunnerSpec {
  if (more.length > 0)
    throw invalidField("runner", whole, `${kind}=PROGRAM; settings go into ${kind}={"kind":"${kind}",…}`);
  return program === undefined ? { kind } : { kind, program };
}

/** What the worker asks of a runner beside how it is started. */
const ForWorker = z.looseObject({
  capabilities: z.array(Capability).max(MOST_CAPABILITIES).readonly().default([]),
});

function readSettings(json: string, whole: string): Pick<WorkerRunner, "spec" | "capabilities"> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalidField("runner", whole, "valid JSON after NAME=");
  }
  const { capabilities, ...start } = checked(ForWorker, value, whole);
  return { capabilities, spec: checked(RunnerSpec, start, whole) };
}

function checked<T>(schema: z.ZodType<T>, value: unknown, whole: string): T {
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  const field = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw invalidField("runner", whole, `a runner's settings; ${field}${issue?.message ?? ""}`);
}

const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^\s'"\\]|\\.)+)|(\s+)/gsy;

function splitWords(line: string, whole: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let end = 0;
  for (const [piece, single, double, bare, space] of line.matchAll(PIECE)) {
    end += piece.length;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + (single ?? (double ?? bare ?? "").replace(/\\(.)/gs, "$1"));
  }
  if (end !== line.length) throw invalidField("runner", whole, "a command line whose quotes are closed");
  return word === undefined ? words : [...words, word];
}
