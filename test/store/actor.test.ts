import { expect, test } from "bun:test";
import { formatActor, parseActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";

const read = (text: string): string => {
  try {
    return formatActor(parseActor(text));
  } catch (error) {
    return error instanceof SluiceError ? error.code : "thrown";
  }
};

test("AT13 a name that can be taken for another is refused", () => {
  const alike = [
    "human:\u0430da",
    "human:ad\u03b1",
    "ai:\uff43odex",
    "human:\u{1d41a}da",
    "ai:c\u043edex",
    "human:\u2163",
  ];
  expect(alike.map(read)).toEqual(alike.map(() => "invalid"));
  const plain = [
    "human:ada",
    "human:\u0430\u043d\u043d\u0430",
    "human:zo\u00eb",
    "ai:\u65e5\u672c-agent",
    "human:\u03b1\u03bd\u03bd\u03b1",
  ];
  expect(plain.map(read)).toEqual(plain);
});
