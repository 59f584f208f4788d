import { invalidField } from "#domain/errors.ts";
import type { WorkerRunner } from "#worker/worker-deps.ts";

const NAME = /^[\p{L}\p{N}._@/+-]{1,64}$/u;

/**
 * Reads `--runner`: `claude-code`, `NAME=PROGRAM ARG…` for any program (words split as a shell splits them, nothing expanded), or
 * `claude-code=/path/of/claude`.
 */
export function readRunner(text: string): WorkerRunner {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  const words = at < 0 ? [] : splitWords(text.slice(at + 1), text);
  if (!NAME.test(name)) throw invalidField("runner", text, "claude-code, or NAME=PROGRAM ARG…");
  if (name === "claude-code")
    return {
      name,
      capabilities: [],
      spec: { kind: "claude-code", ...(words[0] === undefined ? {} : { program: words[0] }) },
    };
  if (words.length === 0)
    throw invalidField("runner", text, "claude-code, or NAME=PROGRAM ARG… for any other program");
  return { name, capabilities: [], spec: { kind: "command", argv: words } };
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
