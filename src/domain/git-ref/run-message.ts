import { parseRefs } from "./parse-refs.ts";
import { isRunnerLine } from "./runner-marks.ts";

/**
 * A commit message of a run as the human's: the item's ref in it (before the subject where it is named nowhere), runners'
 * trailers and advertisements out. Doing it twice changes nothing.
 */
export function runMessage(
  message: string,
  { ref, trailers = "strip" }: { ref: string; trailers?: "strip" | "keep" | undefined },
): string {
  const lines = message.replaceAll("\r\n", "\n").split("\n");
  const kept = trailers === "keep" ? lines : lines.filter((line) => !isRunnerLine(line));
  const text = kept
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  const prefix = ref.slice(0, ref.lastIndexOf("-"));
  const named = parseRefs(text, [prefix]).some((mention) => mention.ref === ref);
  if (text === "") return `${ref}: work without a message\n`;
  return `${named ? text : `${ref}: ${text}`}\n`;
}
