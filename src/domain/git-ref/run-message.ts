import { CLOSING_VERB, parseRefs } from "./parse-refs.ts";

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

const VERB_BEFORE = new RegExp(`(?:\\b${CLOSING_VERB}(?=:?[ \\t]*[*_([]{0,3}$))|(?=[*_([]{0,3}$)`, "i");

/** `Closes OB-9` in a run of OB-12 becomes `Refs OB-9`: a run does not decide that another item is done. */
function linkOthers(text: string, ref: string, prefix: string): string {
  return parseRefs(text, [prefix])
    .filter((mention) => mention.closes && mention.ref !== ref)
    .reduceRight((done, { offset }) => {
      const before = done.slice(0, offset).replace(VERB_BEFORE, (verb) => (verb === "" ? "Refs " : "Refs"));
      return before + done.slice(offset);
    }, text);
}

/** Domains whose addresses in a trailer are a program's or its maker's, with the runner that writes them. */
const RUNNER_MAILS = {
  "anthropic.com": "Claude Code",
  "openai.com": "Codex",
  "x.ai": "Grok",
  "cursor.com": "Cursor",
  "opencode.ai": "OpenCode",
  "aider.chat": "aider",
  "cognition.ai": "Devin",
  "sourcegraph.com": "Amp",
  "ampcode.com": "Amp",
} as const satisfies Record<string, string>;

/** Names under which runners sign. A person's name needs more than this one word, or another address. */
const RUNNER_NAMES =
  "claude(?: code)?(?: (?:opus|sonnet|haiku|fable)?[ \\d.]*)?|(?:openai )?codex(?: cli)?|grok(?: (?:cli|code|build))?|opencode|gemini(?: (?:cli|code assist))?|(?:github )?copilot|cursor(?: agent)?|aider(?: \\(.*\\))?|devin(?: ai)?|jules|windsurf|amp|sluice(?: .*)?";
const BOT_MAIL = /\[bot\]@users\.noreply\.github\.com$|^(?:\d+\+)?copilot@users\.noreply\.github\.com$/i;
const PERSON_TRAILER =
  /^\s*(?:co-authored-by|signed-off-by|assisted-by|generated-by|generated-with|helped-by|reviewed-by|authored-by|created-by|made-with|agent|model|tool)\s*:\s*(.*?)\s*(?:<([^>]*)>)?\s*$/i;
const OWN_TRAILER = /^\s*(?:claude|codex|grok|opencode|gemini|copilot|cursor|aider|devin)-[a-z-]+\s*:\s*\S/i;
const ADVERTISEMENT = new RegExp(
  `^\\s*(?:[\\p{Extended_Pictographic}\\uFE0F]+\\s*)?(?:generated|created|made|written|co-?authored|built) (?:with|by|using) (?:\\[)?(?:${RUNNER_NAMES})(?:[\\]\\s.(].*)?$`,
  "iu",
);
const NAME = new RegExp(`^(?:${RUNNER_NAMES})$`, "i");

/** Whether a line of a commit message names a runner as author, signer or tool, and says nothing else. */
function isRunnerLine(line: string): boolean {
  if (line.length > 500) return false;
  if (OWN_TRAILER.test(line) || ADVERTISEMENT.test(line)) return true;
  const [, name, mail] = PERSON_TRAILER.exec(line) ?? [];
  if (name === undefined) return false;
  return (mail !== undefined && isRunnerMail(mail)) || (NAME.test(name.trim()) && !isPersonsMail(mail));
}

function isRunnerMail(mail: string): boolean {
  const domain = mail.slice(mail.lastIndexOf("@") + 1).toLowerCase();
  return BOT_MAIL.test(mail) || domain in RUNNER_MAILS;
}

/** A real mailbox outside the runners' domains: a person may be called Claude or Devin. */
function isPersonsMail(mail: string | undefined): boolean {
  return mail !== undefined && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(mail) && !/^(?:no-?reply|bot)@/i.test(mail);
}
