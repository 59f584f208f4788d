import type { CliOptions } from "#cli/cli-options.ts";
import { paint, type Presenter, type View } from "./presenter.ts";
import { safeLine, safeText } from "./fit.ts";

/** An operation's answer as text for a person, with its line break. Output that is piped is not cut to a width. */
export async function showAnswer(
  options: CliOptions,
  name: string,
  color: boolean,
  answer: unknown,
): Promise<string> {
  const presenters = await options.presenters();
  // An answer is what its operation's schema says, by which the presenter of that name was compiled.
  const present: Presenter<never> = presenters[name] ?? record;
  const { stdout } = options;
  const width = stdout.isTTY ? stdout.columns() : undefined;
  const text = present(answer as never, { paint: paint(color), width, now: options.now() });
  return text === "" ? "" : `${text}\n`;
}

/** Deepest level that is spelled out; below it stands JSON. */
const MAX_DEPTH = 4;

/** Shows any answer as names and values: for whatever is fine as that. */
export const record: Presenter<unknown> = (answer, view) => lines(answer, view, 0).join("\n");

function lines(value: unknown, view: View, depth: number): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const pad = "  ".repeat(depth);
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (inner === undefined || inner === null) return [];
    const label = `${pad}${view.paint.dim(`${safeLine(key.replaceAll("_", " "))}:`)}`;
    if (typeof inner !== "object") return [`${label} ${scalar(inner, pad)}`];
    if (depth >= MAX_DEPTH) return [`${label} ${safeLine(JSON.stringify(inner))}`];
    if (!Array.isArray(inner)) return [label, ...lines(inner, view, depth + 1)];
    if (inner.length === 0) return [`${label} none`];
    return [label, ...inner.flatMap((entry: unknown) => listEntry(entry, view, depth))];
  });
}

function listEntry(entry: unknown, view: View, depth: number): readonly string[] {
  const pad = "  ".repeat(depth + 1);
  if (typeof entry !== "object" || entry === null) return [`${pad}- ${scalar(entry, pad)}`];
  const [first = "", ...others] = lines(entry, view, depth + 2);
  return [`${pad}- ${first.trimStart()}`, ...others];
}

function scalar(value: unknown, pad: string): string {
  const text = safeText(String(value));
  return text.includes("\n") ? `\n${text.replace(/^/gm, `${pad}  `)}` : text;
}
