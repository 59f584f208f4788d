import { itemSections } from "./item-sections.ts";
import type { Presenter, View } from "./presenter.ts";
import { objectIn, textIn, valueIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine, safeText } from "./safe-text.ts";

/** The whole of an item (or what stands at `path`): head, facts, spec. A brief, where there is one, is shown instead. */
export function itemCard(path = "item"): Presenter {
  return (output, view) => {
    const brief = textIn(output, "brief") || textIn(output, `${path}.brief`);
    if (brief !== "") return safeText(brief).trimEnd();
    const item = objectIn(path === "" ? output : valueIn(output, path));
    return [...head(item, view), ...itemSections(item, view)].join("\n");
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
  const holder = text("lease.holder");
  const until = relativeTime(textIn(item, "lease.expires_at"), view.now);
  return [
    `${bold(text("ref"))}  ${text("title")}`,
    dim(facts.join(" · ")),
    ...(holder === ""
      ? []
      : [view.paint.cyan(`held by ${holder}${until === "" ? "" : `, lease ends ${until}`}`)]),
    ...(updated === "" ? [] : [dim(`updated ${updated}`)]),
  ];
}
