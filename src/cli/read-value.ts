import { invalidField, SluiceError } from "#domain/errors.ts";
import type { FlagSpec } from "./command-form.ts";
import { didYouMean, nearWords } from "./near-words.ts";
import { DURATION_FORM, readDurationMs } from "./duration.ts";
import { readTime, TIME_FORM } from "./read-time.ts";

/** Turns the text of a flag or word into the value that the schema expects. Refuses with `invalid`, naming the flag as `label`. */
export function readValue(spec: FlagSpec, label: string, text: string, now: number): unknown {
  const { value } = spec;
  switch (value.is) {
    case "text":
      return text;
    case "wrapped":
      return { [value.key]: text };
    case "boolean":
      return readBoolean(label, text);
    case "number":
      return readNumber(label, text);
    case "choice":
      return readChoice(label, text, value.choices);
    case "duration":
      return orInvalid(readDurationMs(text), label, text, DURATION_FORM);
    case "time":
      return orInvalid(readTime(text, now), label, text, TIME_FORM);
    case "pair":
      return readPair(label, text, value.as);
    case "json":
      return readJson(label, text);
  }
}

function orInvalid<T>(value: T | undefined, label: string, text: string, accepted: string): T {
  if (value === undefined) throw invalidField(label, text, accepted);
  return value;
}

function readBoolean(label: string, text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw invalidField(label, text, "true or false");
}

function readNumber(label: string, text: string): number {
  return orInvalid(/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined, label, text, "a number");
}

function readChoice(label: string, text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  const refusal = invalidField(label, text, `one of ${choices.join(", ")}`);
  const hint = didYouMean(nearWords(text, choices));
  if (hint === undefined) throw refusal;
  throw new SluiceError("invalid", refusal.message, { hint, details: refusal.details });
}

function readPair(label: string, text: string, as: "record" | "text" | readonly [string, string]): unknown {
  const at = text.indexOf("=");
  if (at < 1) throw invalidField(label, text, "key=value");
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (as === "text") return text;
  return as === "record" ? { [key]: value } : { [as[0]]: key, [as[1]]: value };
}

function readJson(label: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw invalidField(label, text, "JSON");
  }
}
