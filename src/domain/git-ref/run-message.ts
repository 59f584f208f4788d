import { parseRefs } from "./parse-refs.ts";
import { isRunnerLine } from "./runner-marks.ts";

/**
 * A commit message of a run as the human's: the item's ref in it (before the subject where it is named nowhere), runners'
 * trailers and advertisements out, and what would close another item only links it. Doing it twice changes nothing.
 */
export function runMessage(
  message: string,
  { ref, trailers = "strip" }: { ref: string; trailers?: "strip" | "keep" | undefined },
): string {
  const lines = message.replaceAll("\r\n", "\n").split("\n");
  const kept = trailers === "keep" ? lines : lines.filter((line) => !isRunnerLine(line));
  const prefix = ref.slice(0, ref.lastIndexOf("-"));
  const tidy = kept
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  const text = linkOthers(tidy, ref, prefix);
  const named = parseRefs(text, [prefix]).some((mention) => mention.ref === ref);
  if (text === "") return `${ref}: work without a message\n`;
  return `${named ? text : `${ref}: ${text}`}\n`;
}

/** `Closes OB-9` in a run of OB-12 becomes `Refs OB-9`: a run does not decide that another item is done. */
function linkOthers(text: string, ref: string, prefix: string): string {
  return parseRefs(text, [prefix])
    .filter((mention) => mention.closes && mention.ref !== ref)
    .reduceRight((done, { offset }) => {
      const before = done.slice(0, offset).replace(/[a-z]+(?=:?[ \t]*$)/i, "Refs");
      return before + done.slice(offset);
    }, text);
}
