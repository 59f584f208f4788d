import { SluiceError } from "#domain/errors.ts";
import type { FlagSpec } from "./command-form.ts";
import { readValue } from "./read-value.ts";

/** A file to read in place of a flag's text; `-` is standard input. */
export interface FileValue {
  readonly field: string;
  readonly label: string;
  readonly path: string;
}

interface Flag {
  readonly spec: FlagSpec;
  /** As it was typed, with dashes. */
  readonly label: string;
  /** The text after `=`. */
  readonly inline: string | undefined;
  readonly negated: boolean;
  readonly fromFile: boolean;
}

/** Collects the values of a set of flags. */
export class FlagReader {
  readonly values: Record<string, unknown> = {};
  readonly files: FileValue[] = [];
  readonly #now: number;
  readonly #byName: ReadonlyMap<string, { readonly spec: FlagSpec; readonly fromFile: boolean }>;

  constructor(specs: readonly FlagSpec[], now: number) {
    this.#now = now;
    this.#byName = new Map(
      specs.flatMap((spec) => {
        const { flag, fileFlag, short } = spec;
        const plain = flag === fileFlag ? [] : [flag];
        return [
          ...[...plain, ...(short === undefined ? [] : [`-${short}`])].map(
            (name) => [name, { spec, fromFile: flag === fileFlag }] as const,
          ),
          ...(fileFlag === undefined ? [] : [[fileFlag, { spec, fromFile: true }] as const]),
        ];
      }),
    );
  }

  /** Reads the flag at `at`, and its value. Returns how many tokens that took; 0 when it is none of these flags. */
  take(tokens: readonly string[], at: number): number {
    const flag = this.#find(tokens[at] ?? "");
    if (flag === undefined) return 0;
    const { spec, label, inline } = flag;
    if (spec.value.is === "boolean") {
      this.#set(spec, label, inline === undefined ? true : readValue(spec, label, inline, this.#now), flag);
      return 1;
    }
    const text = inline ?? separateValue(tokens[at + 1], spec, label);
    if (flag.fromFile) this.#addFile(spec, label, text);
    else this.#set(spec, label, readValue(spec, label, text, this.#now), flag);
    return inline === undefined ? 2 : 1;
  }

  /** Adds a value that stood as a word. */
  addWord(spec: FlagSpec, text: string): void {
    const label = spec.flag.toUpperCase();
    this.#add(spec, label, readValue(spec, label, text, this.#now));
  }

  #find(token: string): Flag | undefined {
    const at = token.indexOf("=");
    const label = at < 0 ? token : token.slice(0, at);
    const inline = at < 0 ? undefined : token.slice(at + 1);
    const name = label.startsWith("--") ? label.slice(2) : label;
    const found = this.#byName.get(name);
    if (found !== undefined) return { ...found, label, inline, negated: false };
    if (!label.startsWith("--no-") || inline !== undefined) return undefined;
    const positive = this.#byName.get(name.slice(3));
    if (positive?.spec.value.is !== "boolean") return undefined;
    return { ...positive, label, inline, negated: true };
  }

  #set(spec: FlagSpec, label: string, value: unknown, { negated }: Flag): void {
    this.#add(spec, label, negated ? false : value);
  }

  #add(spec: FlagSpec, label: string, value: unknown): void {
    const before = this.values[spec.field];
    if (spec.value.is === "pair" && spec.value.as === "record") {
      this.values[spec.field] = joined(before, value, label);
      return;
    }
    if (spec.many) {
      const list: readonly unknown[] = Array.isArray(before) ? before : [];
      this.values[spec.field] = [...list, value];
      return;
    }
    if ((before !== undefined && before !== value) || this.files.some((file) => file.field === spec.field))
      throw givenTwice(label);
    this.values[spec.field] = value;
  }

  #addFile(spec: FlagSpec, label: string, path: string): void {
    if (this.values[spec.field] !== undefined || this.files.some((file) => file.field === spec.field))
      throw givenTwice(label);
    this.files.push({ field: spec.field, label, path });
  }
}

function separateValue(next: string | undefined, spec: FlagSpec, label: string): string {
  const isNumber = spec.value.is === "number" && next !== undefined && /^-\d/.test(next);
  if (next !== undefined && (next === "-" || isNumber || !next.startsWith("-"))) return next;
  throw new SluiceError("invalid", `${label} needs a value`, {
    hint:
      next === undefined
        ? `Write ${label}=VALUE`
        : `A value that starts with a dash is written ${label}=${next}`,
    details: { field: label, accepted: spec.value.is },
  });
}

/** Entries of one record. `Object.fromEntries` keeps a key such as `__proto__` a plain key. */
function joined(before: unknown, entry: unknown, label: string): unknown {
  const [old, added] = [Object.entries(before ?? {}), Object.entries(entry ?? {})];
  const again = added.find(([key]) => old.some(([known]) => known === key));
  if (again !== undefined) throw givenTwice(`${label} ${again[0]}`);
  return Object.fromEntries([...old, ...added]);
}

function givenTwice(label: string): SluiceError {
  return new SluiceError("invalid", `${label} is given more than once`, {
    hint: "Give it once",
    details: { field: label, accepted: "one value" },
  });
}
