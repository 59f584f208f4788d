import type { Spec } from "#domain/item/spec.ts";
import { sha256 } from "#domain/text/sha256.ts";
import { searchTokens } from "#domain/text/search-tokens.ts";

/** What makes two proposals the same: sha256 hex of project, title, problem and steps, without case, accents and marks. */
export async function fingerprint(projectId: number, title: string, spec: Spec): Promise<string> {
  const parts = [title, spec.problem ?? "", ...spec.steps.map((step) => step.text)];
  const text = [String(projectId), ...parts.map((part) => searchTokens(part).join(" "))].join("\n");
  // A title of marks only has no search words: then the title itself decides.
  const exact = searchTokens(title).length === 0 ? `${text}\n${title}` : text;
  return await sha256(exact);
}
