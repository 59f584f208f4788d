import { Spec } from "#domain/item/spec.ts";
import { Label, Title } from "#domain/text/bounded-text.ts";
import type { Proposal } from "#operations/ports/store/gate-store.ts";
import type { TodoEntry, TodoProblem } from "#operations/ports/todo-format.ts";
import { externalKey, originOf, TODO_SYSTEM, type TodoSource } from "./todo-files.ts";

export type TodoProposal = Omit<Proposal, "fingerprint" | "projectId">;

/** What one item of a file proposes, or why it cannot: a text above its bound. */
export function todoProposal(
  source: TodoSource,
  entry: TodoEntry,
): { readonly proposal: TodoProposal } | { readonly problem: TodoProblem } {
  const { trigger, ...fields } = entry.spec;
  const spec = Spec.safeParse({
    ...fields,
    ...(trigger === undefined ? {} : { trigger: { text: trigger } }),
  });
  const title = Title.safeParse(entry.title);
  if (!title.success || !spec.success) {
    const issue = (title.error ?? spec.error)?.issues[0];
    const field = title.success ? issue?.path.map(String).join(".") : "title";
    return { problem: { line: entry.line, message: `${field} is not accepted: ${issue?.message}` } };
  }
  return {
    proposal: {
      title: title.data,
      spec: spec.data,
      wishes: {
        labels: entry.groups.filter((group) => Label.safeParse(group).success),
        repos: source.repo === undefined ? undefined : [source.repo.alias],
      },
      source: TODO_SYSTEM,
      rule: `${originOf(source)}:${entry.line}-${entry.endLine}`,
      sourceText: entry.source,
      external: { system: TODO_SYSTEM, key: externalKey(originOf(source), entry.key) },
      capturedOn: entry.capturedOn,
    },
  };
}
