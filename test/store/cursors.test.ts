import { expect, test } from "bun:test";
import { refusal } from "#test/refusal.ts";
import { openTestStore, STORE_KINDS } from "#test/stores.ts";

const written = (text: string): string => Buffer.from(text).toString("base64url");

test.each(STORE_KINDS)(
  "ST6 on %s a cursor that was changed is refused by every list",
  async (kind) => {
    const workspace = await openTestStore(kind);
    const { items, history, gate, runs, tokens, denials } = workspace.store;
    const page = (cursor: string) => ({ limit: 1, cursor: written(cursor) });
    const ids = ["[1.5]", "[1e99]", "[99999999999999999999]", '["1"]', '["a"]', "[0]", "[-1]", "[1,2]"];
    const pairs = ['["a","b"]', "[1]", "[1.5,1]", "[1,1e99]", '["1","1"]', "[1,-1]"];
    const tries = [
      ...ids.flatMap((cursor) => [
        () => items.list({ filter: {}, page: page(cursor) }),
        () => history.events({ newestFirst: true, page: page(cursor) }),
        () => gate.list({ page: page(cursor) }),
        () => runs.list({ page: page(cursor) }),
        () => tokens.list({ all: true, page: page(cursor) }),
      ]),
      ...pairs.map((cursor) => () => denials.list({ page: page(cursor) })),
    ];
    for (const attempt of tries)
      expect([attempt.toString(), await refusal(attempt())]).toMatchObject([
        attempt.toString(),
        { code: "invalid", details: { field: "cursor" } },
      ]);
    expect((await tokens.list({ all: true, page: page("[9007199254740991]") })).items).toEqual([]);
    expect((await denials.list({ page: page("[1,1]") })).items).toEqual([]);
    await workspace.close();
  },
  30_000,
);
