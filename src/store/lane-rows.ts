import type { Lane, LaneRole } from "#domain/lane.ts";
import type { SqlNames } from "./dialect.ts";

/** An expression: all lanes as one text, which `readLanes` takes apart. For statements that answer something else beside it. */
export const lanesText = ({ t, lines }: SqlNames): string =>
  `(select ${lines("rank || ' ' || role || ' ' || name")} from ${t("lane")})`;

let last: { readonly text: string | null; readonly lanes: readonly Lane[] } = { text: null, lanes: [] };

/** By rank. What was read last is kept, because every verb reads the lanes and they hardly change. */
export function readLanes(text: string | null): readonly Lane[] {
  if (last.text !== text) last = { text, lanes: lanesIn(text ?? "") };
  return last.lanes;
}

function lanesIn(text: string): readonly Lane[] {
  const lanes = text.split("\n").map((line) => {
    const [rank = "", role = "", name = ""] = line.split(" ");
    return { name, order: Number(rank), role: role as LaneRole };
  });
  return lanes.toSorted((a, b) => a.order - b.order);
}
