import type { Spec } from "#domain/item/spec.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { TodoChange, TodoEntry } from "#operations/ports/todo-format.ts";
import type { StatusChange } from "./status-change.ts";

interface Text {
  readonly title: string;
  readonly spec: Spec;
}

export interface EntryChange {
  readonly change: TodoChange;
  /** Fields that changed here and in the file: the file keeps its own. */
  readonly conflicts: readonly string[];
}

/**
 * What of an item is to be written into its file. A text is written only where it changed since the import and the file still
 * says what was imported.
 * @param imported what the file said when it was imported; where that is not known no text is written
 * @param status what becomes of its status
 * @param ref absent to leave refs out
 */
export function entryChange(
  entry: TodoEntry,
  detail: ItemDetail,
  imported: Text | undefined,
  status: StatusChange,
  ref: string | undefined,
): EntryChange {
  const { item, spec } = detail;
  const now = fieldsOf({ title: item.title, spec });
  const base = imported === undefined ? now : fieldsOf(imported);
  const inFile = new Map(fieldsOf(textOf(entry)).map((field) => [field.name, field.value]));
  const before = new Map(base.map((field) => [field.name, field.value]));
  const changed = now.filter(
    ({ name, value }) => !same(value, before.get(name)) && !same(value, inFile.get(name)),
  );
  const isFree = (name: (typeof now)[number]["name"]) => same(inFile.get(name), before.get(name));
  const written = changed.filter(({ name, value }) => isFree(name) && value !== undefined);
  return {
    change: {
      ...Object.fromEntries(written.map(({ name, value }) => [name, value])),
      ...status.change,
      ...(ref === undefined || ref === entry.ref ? {} : { ref }),
    },
    conflicts: [
      ...changed.filter(({ name }) => !isFree(name)).map(({ name }) => name),
      ...(status.conflict ? ["status"] : []),
    ],
  };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function textOf({ title, spec }: TodoEntry): Text {
  const { trigger, ...fields } = spec;
  return {
    title,
    spec: {
      ...fields,
      steps: fields.steps.map(({ text, optional }) => ({ text, optional })),
      risks: [...fields.risks],
      acceptance: [],
      premises: [],
      ...(trigger === undefined ? {} : { trigger: { text: trigger, conditions: [], hold: false } }),
    },
  };
}

/** The fields that a file can hold; an empty list is none, since a file cannot say it. */
function fieldsOf({ title, spec }: Text) {
  const steps = spec.steps.map(({ text, optional }) => ({ text, optional }));
  return [
    { name: "title", value: title },
    { name: "problem", value: spec.problem },
    { name: "trigger", value: spec.trigger?.text },
    { name: "steps", value: steps.length === 0 ? undefined : steps },
    { name: "risks", value: spec.risks.length === 0 ? undefined : spec.risks },
    { name: "why", value: spec.why },
  ] as const;
}
