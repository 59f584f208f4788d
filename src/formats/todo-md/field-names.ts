export const FIELD_NAMES = [
  "status",
  "captured",
  "trigger",
  "problem",
  "steps",
  "risks",
  "why",
  "acceptance",
] as const;

export type FieldName = (typeof FIELD_NAMES)[number];

interface FieldWords {
  /** Words that name the field wherever a label may stand. */
  readonly always: readonly string[];
  /** Words so common in prose that they name the field only when set in bold or used as a heading. */
  readonly marked: readonly string[];
}

/** The words for each field, in lower case. The first is the one written into a file that lacks the field. */
export const FIELD_WORDS = {
  status: { always: ["status"], marked: ["state"] },
  captured: {
    always: ["captured", "captured on", "capture date", "date captured"],
    marked: ["created", "added", "opened", "date"],
  },
  trigger: {
    always: [
      "trigger",
      "triggers",
      "trigger condition",
      "becomes urgent when",
      "urgent when",
      "revisit when",
    ],
    marked: ["when", "do this when"],
  },
  problem: {
    always: ["problem", "problem statement", "current behaviour", "current behavior", "current state"],
    marked: ["issue", "what", "description", "symptom"],
  },
  steps: {
    always: [
      "steps",
      "implementation steps",
      "pre-decided steps",
      "proposed steps",
      "next steps",
      "fix plan",
    ],
    marked: ["step", "plan", "fix", "approach", "implementation", "what to do", "tasks", "actions", "how"],
  },
  risks: {
    always: [
      "risks",
      "risk",
      "edge cases",
      "risks and edge cases",
      "risks & edge cases",
      "risks/edge cases",
      "risks / edge cases",
      "risks and mitigations",
      "risks & mitigations",
    ],
    marked: ["caveats", "gotchas"],
  },
  why: {
    always: ["why", "why it matters", "why this matters", "rationale", "motivation"],
    marked: ["reason", "impact", "value"],
  },
  acceptance: {
    always: ["acceptance", "acceptance criteria", "done when", "definition of done", "success criteria"],
    marked: ["acceptance test", "acceptance tests", "verification"],
  },
} as const satisfies Record<FieldName, FieldWords>;

/** Headings that explain a file instead of naming work. */
const EXPLANATIONS: ReadonlySet<string> = new Set([
  "about",
  "contents",
  "table of contents",
  "conventions",
  "format",
  "how to use",
  "how to use this file",
  "legend",
  "template",
]);

const ALWAYS = index((words) => words.always);
const MARKED = index((words) => [...words.always, ...words.marked]);

function index(pick: (words: FieldWords) => readonly string[]): ReadonlyMap<string, FieldName> {
  return new Map(FIELD_NAMES.flatMap((name) => pick(FIELD_WORDS[name]).map((word) => [word, name] as const)));
}

/** The field that a word names; `marked` says that it stands in bold or in a heading. */
export function fieldNamed(word: string, marked: boolean): FieldName | undefined {
  return (marked ? MARKED : ALWAYS).get(plain(word));
}

export function isExplanation(heading: string): boolean {
  return EXPLANATIONS.has(plain(heading));
}

function plain(word: string): string {
  return word.replaceAll(/[*_:]/g, "").replaceAll("’", "'").trim().replaceAll(/\s+/g, " ").toLowerCase();
}
