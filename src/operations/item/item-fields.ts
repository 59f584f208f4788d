import { z } from "zod";
import { EDITABLE, type Item, type ItemFields } from "#domain/item/item.ts";
import { ITEM_TYPES, JOB_KIND_NAMES, PRIORITIES } from "#domain/kind.ts";
import { Capability, Label } from "#domain/text/bounded-text.ts";

/**
 * What callers set on an item beside its title, its spec and its budget. `item add` and `propose` take all of it, and a candidate keeps it
 * as its wishes; an edit takes what `EDIT_FIELDS` has.
 */
export const ITEM_FIELDS = {
  kind: z.enum(JOB_KIND_NAMES).optional().describe("What it asks for; default code"),
  type: z.enum(ITEM_TYPES).optional().describe("What it is; default task"),
  priority: z.enum(PRIORITIES).optional().describe("P1 is soonest; where none is given it counts as P3"),
  labels: z.array(Label).max(50).optional().describe("A label, 1 to 64 characters"),
  needs: z.array(Capability).max(20).optional().describe("A capability that a runner must have"),
  paths: z
    .array(z.object({ pattern: z.string().min(1).max(4096), repo: z.string().max(64).optional() }))
    .max(200)
    .optional()
    .describe("A path pattern that the work touches, such as src/db/**"),
  repos: z
    .array(z.string().max(64))
    .max(20)
    .optional()
    .describe("Alias of a repository to work on; default the project's only one"),
};

const GivenFields = z.object(ITEM_FIELDS);
type Given = z.output<typeof GivenFields>;
export type GivenFields = { readonly [F in keyof Given]: Readonly<Given[F]> };

/** The item's fields of an input, without the rest of it and without those that were not given. */
export const fieldsIn = (input: GivenFields): GivenFields =>
  Object.fromEntries(
    Object.entries(input).filter(([field, value]) => field in ITEM_FIELDS && value !== undefined),
  );

/** A field that may be empty, as the name of the flag that empties it: `noPriority`. */
type Clearable = {
  [F in keyof Given & keyof typeof EDITABLE]: null extends Item[F] ? F : never;
}[keyof Given & keyof typeof EDITABLE];
type ClearFlag = `no${Capitalize<Clearable>}`;

const CLEAR_FLAGS = Object.fromEntries(
  Object.entries(EDITABLE).flatMap(([field, empty]) =>
    empty === null && field in ITEM_FIELDS
      ? [[`no${field.charAt(0).toUpperCase()}${field.slice(1)}`, field] as const]
      : [],
  ),
);

/** What an edit may name; the rest is settled when the item is made. */
export const EDIT_FIELDS = {
  ...GivenFields.omit({ needs: true, repos: true }).shape,
  // The keys are those that `ClearFlag` derives from the same table.
  ...(Object.fromEntries(
    Object.entries(CLEAR_FLAGS).map(([flag, field]) => [
      flag,
      z
        .boolean()
        .optional()
        .describe(`Take the ${field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} away`),
    ]),
  ) as Readonly<Record<ClearFlag, z.ZodOptional<z.ZodBoolean>>>),
};

/** The fields that an edit empties. */
export const clearedIn = (input: Partial<Record<ClearFlag, boolean | undefined>>): ItemFields =>
  Object.fromEntries(
    Object.entries(input).flatMap(([flag, isSet]) => {
      const field = CLEAR_FLAGS[flag];
      return field === undefined || isSet !== true ? [] : [[field, null]];
    }),
  );
