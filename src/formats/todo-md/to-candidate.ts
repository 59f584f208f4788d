import { createHash } from "node:crypto";
import type { TodoItem, TodoRisk } from "./todo-item.ts";

/** What an item proposes, in the shape of an item's spec. */
interface TodoSpec {
  readonly problem?: string;
  readonly trigger?: string;
  readonly steps: readonly { readonly text: string; readonly optional: boolean }[];
  /** Each with its mitigation behind it. */
  readonly risks: readonly string[];
  readonly why?: string;
  readonly acceptance: readonly string[];
}

export interface TodoCandidate {
  readonly title: string;
  readonly spec: TodoSpec;
  /** The free sections, as Markdown; empty where there are none. */
  readonly body: string;
  /** SHA-256, in hex, of the normalised title, problem and steps: equal work has an equal fingerprint wherever it is written. */
  readonly fingerprint: string;
  readonly externalRef: { readonly system: "todo-md"; readonly key: string };
  /** Where the item came from: the path as given, first and last line. */
  readonly provenance: { readonly path: string; readonly line: number; readonly endLine: number };
  /** The ref it already has; such an item is known, not new. */
  readonly ref?: string;
  readonly capturedOn?: string;
  readonly labels: readonly string[];
  /** Already done or dropped: to be reported, not proposed. */
  readonly done: boolean;
}

/** Turns an item into what `propose` takes. `path` names the file; it is kept, never opened. */
export function toCandidate(item: TodoItem, path: string): TodoCandidate {
  const capturedOn = item.status?.capturedOn;
  return {
    title: item.title,
    spec: specOf(item),
    body: item.sections
      .map(({ heading, markdown }) => (heading === "" ? markdown : `## ${heading}\n\n${markdown}`))
      .join("\n\n"),
    fingerprint: fingerprintOf(item),
    externalRef: { system: "todo-md", key: `${path}#${item.key}` },
    provenance: { path, line: item.line, endLine: item.endLine },
    ...(item.ref === undefined ? {} : { ref: item.ref }),
    ...(capturedOn === undefined ? {} : { capturedOn }),
    labels: item.groups,
    done: item.done,
  };
}

function specOf({ problem, trigger, steps, risks, why, acceptance }: TodoItem): TodoSpec {
  return {
    ...(problem === undefined ? {} : { problem }),
    ...(trigger === undefined ? {} : { trigger }),
    steps: steps.map(({ text, optional }) => ({ text, optional })),
    risks: risks.map(riskText),
    ...(why === undefined ? {} : { why }),
    acceptance,
  };
}

/** A risk on one line, as it is written into a file. */
export function riskText({ text, mitigation }: TodoRisk): string {
  return mitigation === undefined ? text : `${text}; mitigation: ${mitigation}`;
}

function fingerprintOf({ title, problem, steps }: TodoItem): string {
  const parts = [title, problem ?? "", ...steps.map((step) => step.text)].map(normalised);
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function normalised(text: string): string {
  return text.normalize("NFC").toLowerCase().replaceAll(/\s+/g, " ").trim();
}
