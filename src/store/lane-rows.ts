import type { Lane, LaneRole } from "#domain/lane.ts";
import type { SqlNames } from "./dialect.ts";

/** An expression: all lanes as one text, which `readLanes` takes apart. For statements that answer something else beside it. */
export const lanesText = ({ t, lines }: SqlNames): string =>
  `(select ${lines("rank || ' ' || role || ' ' || name")} from ${t("lane")})`;

/** By rank. */
export function readLanes(text: string | null): readonly Lane[] {
  const lanes = (text ?? "").split("\n").map((line) => {
    const [rank = "", role = "", name = ""] = line.split(" ");
    return { name, order: Number(rank), role: role as LaneRole };
  });
  return lanes.toSorted((a, b) => a.order - b.order);
}
