import { REDACTED } from "#domain/text/redaction.ts";
import type { RunnerEvent } from "#operations/ports/launcher.ts";

/** Shorter texts occur by chance; blacking them out would eat the log. */
const SHORTEST_SECRET = 6;

/** Takes one stream's bytes and gives them back without the secrets, also where one is cut by a chunk's end. */
export interface Redactor {
  push(chunk: Buffer): Buffer;
  /** What was held back, at the end of the stream. */
  flush(): Buffer;
}

export function createRedactor(secrets: readonly string[]): Redactor {
  const needles = [...new Set(secrets.flatMap(forms))].toSorted((a, b) => b.length - a.length);
  const longest = needles[0]?.length ?? 0;
  let held = "";
  return {
    push(chunk) {
      if (longest === 0) return chunk;
      const text = replaceAll(held + chunk.toString("latin1"), needles);
      // No needle holds a line end, so a secret can only be cut in what follows the last one.
      const open = text.length - (text.lastIndexOf("\n") + 1);
      const cut = text.length - Math.min(longest - 1, open);
      held = text.slice(cut);
      return Buffer.from(text.slice(0, cut), "latin1");
    },
    flush() {
      const rest = Buffer.from(held, "latin1");
      held = "";
      return rest;
    },
  };
}

/** The same for a text that is there as a whole. */
function redactText(secrets: readonly string[], text: string): string {
  const redactor = createRedactor(secrets);
  const bytes = [redactor.push(Buffer.from(text, "utf8")), redactor.flush()];
  return Buffer.concat(bytes).toString("utf8");
}

/** The bytes a secret may show as: each of its lines, plain and as a JSON string holds it. */
function forms(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_SECRET);
  return lines
    .flatMap((line) => [line, JSON.stringify(line).slice(1, -1)])
    .map((line) => Buffer.from(line, "utf8").toString("latin1"));
}

function replaceAll(text: string, needles: readonly string[]): string {
  return needles.reduce(
    (rest, needle) => (rest.includes(needle) ? rest.replaceAll(needle, REDACTED) : rest),
    text,
  );
}

/** The event without secrets in what the agent or its program has written freely. */
export function redactEvent(secrets: readonly string[], event: RunnerEvent): RunnerEvent {
  switch (event.type) {
    case "message":
      return { ...event, text: redactText(secrets, event.text) };
    case "ended":
      return { ...event, message: redactText(secrets, event.message) };
    case "broken":
      return { ...event, reason: redactText(secrets, event.reason) };
    case "session":
    case "tool":
    case "denied":
    case "retry":
      return event;
  }
}
