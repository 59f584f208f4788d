import { z } from "zod";
import type { FlagSpec } from "#cli/command-form.ts";
import { flagSpecs } from "../../scripts/flag-specs.ts";
import type { AnyOperation } from "#operations/operation.ts";

const Pair = z.record(z.string(), z.unknown());

/** The words of a command line that give an operation this input. */
export function commandWords(
  operation: AnyOperation,
  input: Readonly<Record<string, unknown>>,
): readonly string[] {
  const { name, positional = [] } = operation;
  const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
  const specs = new Map(flagSpecs(operation.input).map((spec) => [spec.field, spec]));
  const flags = Object.entries(input)
    .filter(([field]) => !positional.includes(field))
    .flatMap(([field, value]) =>
      listed(value).flatMap((one) => {
        const spec = specs.get(field);
        if (spec === undefined) throw new Error(`${name} has no field ${field}`);
        return typeof one === "boolean"
          ? [`--${one ? "" : "no-"}${spec.flag}`]
          : [`--${spec.flag}=${wordOf(spec, one)}`];
      }),
    );
  const words = positional.flatMap((field) =>
    input[field] === undefined ? [] : listed(input[field]).map((one) => wordOf(specs.get(field), one)),
  );
  return [...name.split("."), ...flags, ...(words.length === 0 ? [] : ["--", ...words])];
}

function wordOf(spec: FlagSpec | undefined, value: unknown): string {
  if (spec?.value.is === "duration") return `${String(value)}ms`;
  if (spec?.value.is === "time") return new Date(Number(value)).toISOString();
  if (spec?.value.is === "wrapped" || spec?.value.is === "pair")
    return Object.values(Pair.parse(value)).map(String).join("=");
  return spec?.value.is === "json" ? JSON.stringify(value) : String(value);
}
