import { findNodeAtLocation, parseTree, type Node, type ParseError } from "jsonc-parser";
import { SluiceError } from "#domain/errors.ts";

/** One entry of one table of a settings file. */
interface EntryPlace {
  readonly file: string;
  readonly under: string;
  readonly name: string;
}

/** The entry's value; undefined where there is none. Refuses, with `invalid`, a file that cannot be read. Comments are allowed. */
export function readJsonEntry(text: string, place: EntryPlace): unknown {
  const node = findNodeAtLocation(treeOf(text, place.file), [place.under, place.name]);
  return node === undefined ? undefined : valueOf(node);
}

/** The text with the entry's value, every other byte as it was. Undefined takes the entry away, and the table that it leaves empty. */
export function withJsonEntry(text: string, place: EntryPlace, value: unknown): string {
  const source = text.trim() === "" ? "{}\n" : text;
  const { file, under, name } = place;
  const root = treeOf(source, file);
  const table = findNodeAtLocation(root, [under]);
  const entry = findNodeAtLocation(root, [under, name]);
  if (value === undefined)
    return without(source, table?.children?.length === 1 ? table.parent : entry?.parent);
  if (entry !== undefined) return replaced(source, entry, value);
  return table === undefined
    ? inserted(source, root, under, { [name]: value })
    : inserted(source, table, name, value);
}

function treeOf(text: string, file: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(text.trim() === "" ? "{}" : text, errors, { allowTrailingComma: true });
  if (tree?.type === "object" && errors.length === 0) return tree;
  const at = errors[0]?.offset ?? 0;
  throw new SluiceError("invalid", `${file} is not a JSON object: it cannot be read at character ${at + 1}`, {
    hint: "Fix it, then run sluice setup again; nothing was changed",
    details: { file, offset: at },
  });
}

function valueOf({ type, value, children = [] }: Node): unknown {
  if (type === "array") return children.map(valueOf);
  if (type !== "object") return value;
  return Object.fromEntries(
    children.map(({ children: [key, inner] = [] }) => [
      String(key?.value),
      inner === undefined ? undefined : valueOf(inner),
    ]),
  );
}

const end = ({ offset, length }: Node): number => offset + length;

/** Behind the last member of an object, in the file's own indentation. */
function inserted(text: string, object: Node, name: string, value: unknown): string {
  const last = object.children?.at(-1);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const outer = indentOf(text, object.offset);
  const step = /^([ \t]+)["\]}]/m.exec(text)?.[1] ?? "  ";
  const member = `${eol}${outer}${step}${JSON.stringify(name)}: ${shown(value, step, `${outer}${step}`, eol)}`;
  return last === undefined
    ? splice(text, object.offset + 1, object.offset + 1, `${member}${eol}${outer}`)
    : splice(text, end(last), end(last), `,${member}`);
}

function replaced(text: string, node: Node, value: unknown): string {
  if (JSON.stringify(valueOf(node)) === JSON.stringify(value)) return text;
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const indent = indentOf(text, node.offset);
  const step = /^([ \t]+)["\]}]/m.exec(text)?.[1] ?? "  ";
  return splice(text, node.offset, end(node), shown(value, step, indent, eol));
}

/** Without a member, as if it had never been inserted. */
function without(text: string, property: Node | undefined): string {
  const object = property?.parent;
  if (property === undefined || object?.children === undefined) return text;
  const at = object.children.indexOf(property);
  const before = object.children[at - 1];
  const after = object.children[at + 1];
  if (before !== undefined) return splice(text, end(before), end(property), "");
  if (after !== undefined) return splice(text, property.offset, after.offset, "");
  const inside = text.slice(object.offset + 1, end(object) - 1);
  const rest = splice(inside, property.offset - object.offset - 1, end(property) - object.offset - 1, "");
  return splice(text, object.offset + 1, end(object) - 1, rest.trim() === "" ? "" : rest);
}

const shown = (value: unknown, step: string, indent: string, eol: string): string =>
  JSON.stringify(value, undefined, step).replaceAll("\n", `${eol}${indent}`);

const splice = (text: string, from: number, to: number, by: string): string =>
  text.slice(0, from) + by + text.slice(to);

/** What the line of a place starts with. */
const indentOf = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", at - 1) + 1))?.[0] ?? "";
