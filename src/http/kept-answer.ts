import type { Caller } from "#domain/caller.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { isAmong } from "./entity-tag.ts";
import type { HeaderValues } from "./judge-caller.ts";

/** An answer as it was sent. */
export interface Kept {
  /** As it is written, for the metrics. */
  readonly route: string;
  readonly text: string;
  readonly headers: HeaderValues;
}

/** Longer answers are made anew. */
const KEPT_CHARACTERS = 65_536;

/** Whether an answer follows from the workspace and the request alone, and not from files, processes or waiting. */
export const mayKeep = ({ effect, place, name }: AnyOperation, { text }: Kept): boolean =>
  effect === "read" && place !== "caller" && name !== "wait" && text.length <= KEPT_CHARACTERS;

/** All that an answer follows from beside the workspace. */
export function answerKey(
  url: string,
  headers: HeaderValues,
  { actor, authority, token, lease }: Caller,
): string {
  const { "sluice-project": project = "", "sluice-checkout": checkout = "" } = headers;
  return `${url}\n${actor.kind}:${actor.name}\n${authority}\n${token ?? ""}\n${lease ?? ""}\n${project}\n${checkout}`;
}

/** @param known tags of the answers that the reader has, as `If-None-Match` names them */
export function keptResponse({ text, headers }: Kept, known: string | undefined): Response {
  const tag = headers["ETag"];
  if (known !== undefined && tag !== undefined && isAmong(tag, known))
    return new Response(null, { status: 304, headers });
  return new Response(text, { headers });
}
