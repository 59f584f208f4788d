import type { Presenter, View } from "./presenter.ts";
import { listIn, objectIn, textIn, valueIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine, safeText } from "./safe-text.ts";

const SECTIONS = [
  ["Problem", "spec.problem"],
  ["Trigger", "spec.trigger"],
  ["Steps", "spec.steps"],
  ["Risks", "spec.risks"],
  ["Why", "spec.why"],
  ["Acceptance", "spec.acceptance"],
  ["Premises", "spec.premises"],
  ["Notes", "notes"],
  ["Links", "links"],
] as const;

/** The whole of an item (or what stands at `path`): head, facts, spec. A brief, where there is one, is shown instead. */
export function itemCard(path = "item"): Presenter {
  return (output, view) => {
    const brief = textIn(output, "brief") || textIn(output, `${path}.brief`);
    if (brief !== "") return safeText(brief).trimEnd();
    const item = objectIn(path === "" ? output : valueIn(output, path));
    const sections = SECTIONS.flatMap(([title, at]) => section(title, valueIn(item, at), view));
    const body = textIn(item, "spec.body");
    return [...head(item, view), ...sections, ...(body === "" ? [] : ["", safeText(body).trimEnd()])].join(
      "\n",
    );
  };
}

function head(item: unknown, view: View): readonly string[] {
  const { bold, dim } = view.paint;
  const text = (at: string) => safeLine(textIn(item, at));
  const phase = text("phase");
  const facts = [
    phase === "" ? text("state") : `${text("state")} (${phase})`,
    text("lane"),
    text("kind"),
    text("project"),
    text("priority"),
    text("labels"),
  ].filter((fact) => fact !== "");
  const updated = relativeTime(textIn(item, "updated_at"), view.now);
  const holder = text("lease.holder") || text("holder");
  const until = relativeTime(textIn(item, "lease.expires_at") || textIn(item, "lease_expires_at"), view.now);
  return [
    `${bold(text("ref"))}  ${text("title")}`,
    dim(facts.join(" · ")),
    ...(holder === ""
      ? []
      : [view.paint.cyan(`held by ${holder}${until === "" ? "" : `, lease ends ${until}`}`)]),
    ...(updated === "" ? [] : [dim(`updated ${updated}`)]),
  ];
}

function section(title: string, value: unknown, view: View): readonly string[] {
  const entries = (Array.isArray(value) ? value : [value]).map(entryText).filter((text) => text !== "");
  if (entries.length === 0) return [];
  const lines = Array.isArray(value)
    ? entries.map((text, index) => `  ${index + 1}. ${text.replaceAll("\n", "\n     ")}`)
    : entries.map((text) => text.replace(/^/gm, "  "));
  return ["", view.paint.bold(title), ...lines];
}

function entryText(entry: unknown): string {
  if (typeof entry === "string") return safeText(entry).trimEnd();
  const text = textIn(entry, "text") || textIn(entry, "body") || textIn(entry, "title");
  if (text === "") return listOrJson(entry);
  const author = textIn(entry, "actor") || textIn(entry, "author") || textIn(entry, "by");
  return safeText(author === "" ? text : `${author}: ${text}`).trimEnd();
}

function listOrJson(entry: unknown): string {
  if (entry === undefined || entry === null) return "";
  const link = [textIn(entry, "kind"), textIn(entry, "ref")].filter((part) => part !== "");
  return safeText(
    link.length === 2 && listIn(entry, "").length === 0 ? link.join(" ") : JSON.stringify(entry),
  );
}
