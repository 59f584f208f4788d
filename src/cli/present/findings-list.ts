import type { Presenter } from "./presenter.ts";
import { listIn, textIn } from "./read-json.ts";
import { safeLine } from "./safe-text.ts";

/** What `doctor` found, each with what to do. */
export const findingsList: Presenter = (output, { paint }) => {
  const findings = listIn(output, "findings");
  if (findings.length === 0) return `${paint.green("No problems found.")}`;
  return findings
    .map((finding) => {
      const severity = safeLine(textIn(finding, "severity"));
      const mark = severity === "error" ? paint.red(severity) : paint.yellow(severity);
      const fix = textIn(finding, "hint");
      return `${mark}: ${safeLine(textIn(finding, "message"))}${fix === "" ? "" : `\n  ${paint.dim(safeLine(fix))}`}`;
    })
    .join("\n");
};

/** What `doctor fix` did or would do. */
export const repairsList: Presenter = (output, { paint }) => {
  const repairs = listIn(output, "repairs").map((repair) => safeLine(textIn(repair, "message")));
  if (repairs.length === 0) return `${paint.green("Nothing to repair.")}`;
  const head = textIn(output, "applied") === "true" ? "Repaired:" : "To repair, with --apply:";
  return [head, ...repairs.map((line) => `  ${line}`)].join("\n");
};
