import type { Presenter } from "./presenter.ts";
import { listIn, textIn } from "./read-json.ts";
import { safeLine } from "./safe-text.ts";

/** What `doctor` found, each with what to do. */
export const findingsList: Presenter = (output, { paint }) => {
  const findings = listIn(output, "findings");
  if (findings.length === 0) return `${paint.green("No problems found.")}`;
  return findings
    .map((finding) => {
      const level = textIn(finding, "severity") || textIn(finding, "level") || "problem";
      const mark = level === "error" ? paint.red(safeLine(level)) : paint.yellow(safeLine(level));
      const text = textIn(finding, "message") || textIn(finding, "text") || textIn(finding, "code");
      const fix = textIn(finding, "hint") || textIn(finding, "fix");
      return `${mark}: ${safeLine(text)}${fix === "" ? "" : `\n  ${paint.dim(safeLine(fix))}`}`;
    })
    .join("\n");
};
