import type { View } from "./presenter.ts";
import { textIn, valueIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeText } from "./safe-text.ts";

type Entry = (value: unknown, now: number) => string;

const text: Entry = (value) => (typeof value === "string" ? value : textIn(value, "text"));

const step: Entry = (value) =>
  valueIn(value, "optional") === true ? `${textIn(value, "text")} (optional)` : textIn(value, "text");

const link: Entry = (value) =>
  `${textIn(value, "kind").replaceAll("_", " ")} ${textIn(value, "to")} (${textIn(value, "state")}) ${textIn(value, "title")}`;

const note: Entry = (value, now) =>
  `${textIn(value, "actor")}, ${relativeTime(textIn(value, "at"), now)}: ${textIn(value, "body")}`;

const question: Entry = (value, now) => {
  const options = textIn(value, "options");
  const answer = textIn(value, "answer");
  const choice = options === "" ? "" : ` (${options})`;
  const answered =
    answer === "" ? `no answer yet${dueText(value, now)}` : `${textIn(value, "answered_by")}: ${answer}`;
  return `${textIn(value, "asked_by")}: ${textIn(value, "question")}${choice}\n${answered}`;
};

/** Until when an answer is wanted, and what happens then. */
function dueText(question: unknown, now: number): string {
  const deadline = textIn(question, "deadline");
  if (deadline === "") return "";
  const option = textIn(question, "default_option");
  const rule = textIn(question, "default_allowed_by") === "" ? "suggested" : "taken by default then";
  const choice = option === "" ? "" : `; ${rule}: ${option}`;
  const overdue = new Date(deadline).getTime() <= now ? "overdue, " : "";
  return `, ${overdue}wanted ${relativeTime(deadline, now)}${choice}`;
}

/** What an item may have, in the order a person reads it. */
const SECTIONS: readonly (readonly [title: string, path: string, entry: Entry])[] = [
  ["Problem", "spec.problem", text],
  ["Trigger", "spec.trigger", text],
  ["Why", "spec.why", text],
  ["Steps", "spec.steps", step],
  ["Risks", "spec.risks", text],
  ["Acceptance", "spec.acceptance", text],
  ["Premises", "spec.premises", (value) => textIn(value, "expects")],
  ["Text", "spec.body", text],
  ["Plan", "plan", (value) => textIn(value, "body")],
  ["Links", "links", link],
  ["Blocks", "blocks", text],
  ["Parts", "children", text],
  ["Questions", "questions", question],
  ["Evidence", "evidence", (value) => `${textIn(value, "kind")}=${textIn(value, "value")}`],
  ["Notes", "notes", note],
];

/** The sections that an item has, each after an empty line. */
export function itemSections(item: unknown, view: View): readonly string[] {
  return SECTIONS.flatMap(([title, path, entry]) => section(title, valueIn(item, path), entry, view));
}

function section(title: string, value: unknown, entry: Entry, view: View): readonly string[] {
  const isList = Array.isArray(value);
  const values: readonly unknown[] = isList ? value : value === undefined ? [] : [value];
  const texts = values.map((one) => safeText(entry(one, view.now)).trimEnd()).filter((one) => one !== "");
  if (texts.length === 0) return [];
  const lines = isList
    ? texts.map((one, index) => `  ${index + 1}. ${one.replaceAll("\n", "\n     ")}`)
    : texts.map((one) => one.replace(/^/gm, "  "));
  return ["", view.paint.bold(title), ...lines];
}
