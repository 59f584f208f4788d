import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  AGENT_CLIENTS,
  CLIENT_SETUPS,
  type AgentClient,
  type SetupScope,
} from "#formats/agent-setup/agent-client.ts";
import { fileDiff } from "#formats/agent-setup/file-diff.ts";
import { planSetup, type SetupPlan } from "#formats/agent-setup/plan-setup.ts";
import { refusal } from "#test/refusal.ts";

const SCOPES: readonly SetupScope[] = ["project", "user"];
const SKILLS = { one: "# One\n\nDo it.\n", two: "# Two\n" };

interface Given {
  readonly clients?: readonly AgentClient[];
  readonly scope?: SetupScope;
  readonly remove?: boolean;
  readonly args?: readonly string[];
  readonly instructions?: string;
  readonly skills?: Readonly<Record<string, string>>;
}

function plan(files: ReadonlyMap<string, string>, given: Given = {}): SetupPlan {
  const { clients = AGENT_CLIENTS, scope = "project", remove = false, args = ["mcp"] } = given;
  const { instructions = "Use Sluice.\n", skills = SKILLS } = given;
  const server = { command: "sluice", args };
  return planSetup({ clients, scope, remove, server, instructions, skills, read: (path) => files.get(path) });
}

function apply(files: ReadonlyMap<string, string>, { changes }: SetupPlan): Map<string, string> {
  const after = new Map(files);
  for (const change of changes) {
    if (change.after === undefined) after.delete(change.path);
    else after.set(change.path, change.after);
  }
  return after;
}

const newline = fc.constantFrom("\n", "\r\n");
const jsonText = fc
  .tuple(
    fc.dictionary(fc.constantFrom("a", "theme", "mcpServers2", "x y"), fc.jsonValue(), { maxKeys: 3 }),
    fc.option(fc.dictionary(fc.constantFrom("other", "more"), fc.jsonValue(), { minKeys: 1, maxKeys: 2 })),
    fc.constantFrom(0, 2, 4, "\t"),
    fc.constantFrom("", "// mine\n", "/* { */ "),
    newline,
    fc.constantFrom("", "\n"),
  )
  .filter(([members, servers]) => servers !== null || Object.keys(members).length > 0)
  .map(([members, servers, indent, comment, eol, last]) => {
    const tables = servers === null ? {} : { mcpServers: servers, mcp: servers };
    const text = comment + JSON.stringify({ ...members, ...tables }, undefined, indent) + last;
    return text.replaceAll("\n", eol);
  });
const prose = fc
  .array(fc.constantFrom("# Rules", "", "Be kind.", "- one", "`sluice`"), { minLength: 1, maxLength: 6 })
  .chain((lines) => fc.tuple(newline, fc.boolean()).map(([eol, ends]) => lines.join(eol) + (ends ? eol : "")))
  .filter((text) => text.trim() !== "");
const tomlText = fc
  .array(fc.constantFrom("model = 'x'", "# mine", '[mcp_servers.other]\ncommand = "y"', "[a]\nb = [1, 2]"), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => [...new Set(parts)].toSorted((a) => (a.startsWith("model") ? -1 : 1)).join("\n\n"));

const workspace = fc
  .record(
    Object.fromEntries(
      SCOPES.flatMap((scope) =>
        AGENT_CLIENTS.flatMap((client) => {
          const { format } = CLIENT_SETUPS[client];
          const { settings, ...rest } = CLIENT_SETUPS[client][scope];
          return [
            [settings, format === "json" ? jsonText : tomlText] as const,
            ...("instructions" in rest ? [[rest.instructions, prose] as const] : []),
          ];
        }),
      ),
    ),
    { requiredKeys: [] },
  )
  .map(
    (files) =>
      new Map(Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  );

describe.each([...SCOPES])("%s", (scope) => {
  test("SU1 taking away what setup wrote leaves every byte as it was", () => {
    fc.assert(
      fc.property(workspace, fc.subarray([...AGENT_CLIENTS], { minLength: 1 }), (files, clients) => {
        const done = apply(files, plan(files, { scope, clients }));
        expect(done).not.toEqual(files);
        expect(apply(done, plan(done, { scope, clients, remove: true }))).toEqual(files);
      }),
    );
  });

  test("SU2 setup again changes nothing", () => {
    fc.assert(
      fc.property(workspace, (files) => {
        const done = apply(files, plan(files, { scope }));
        expect(plan(done, { scope })).toEqual({ changes: [], kept: [] });
      }),
    );
  });

  test("a newer setup changes only what the older one wrote", () => {
    fc.assert(
      fc.property(workspace, (files) => {
        const done = apply(files, plan(files, { scope }));
        const newer = {
          scope,
          args: ["mcp", "--workspace", "/w.db"],
          instructions: "Now so.",
          skills: { one: "# 1\n" },
        };
        const upgraded = apply(done, plan(done, newer));
        const fresh = apply(files, plan(files, newer));
        for (const [path, text] of fresh) expect(upgraded.get(path)).toBe(text);
      }),
    );
  });

  test.each([...AGENT_CLIENTS])("SU10 %s finds the entry where it looks for it", (client) => {
    const done = apply(new Map(), plan(new Map(), { scope, clients: [client] }));
    const { format, under, entry } = CLIENT_SETUPS[client];
    const { settings, skills, ...rest } = CLIENT_SETUPS[client][scope];
    const text = done.get(settings) ?? "";
    const parsed: unknown = format === "json" ? JSON.parse(text) : Bun.TOML.parse(text);
    expect(parsed).toEqual({
      [under]: { sluice: entry({ command: "sluice", args: ["mcp", "--as", `ai:${client}`] }) },
    });
    expect(done.get(`${skills}/one/SKILL.md`)).toStartWith("# One\n\nDo it.\n");
    if ("instructions" in rest) expect(done.get(rest.instructions)).toContain("Use Sluice.");
  });
});

test("an entry that somebody else wrote stays, in JSON and in TOML", () => {
  const files = new Map([
    [".mcp.json", '{"mcpServers":{"sluice":{"command":"/opt/other","args":["mcp"]}}}'],
    [".codex/config.toml", '[mcp_servers.sluice]\ncommand = "other"\n'],
  ]);
  for (const remove of [false, true]) {
    const { changes, kept } = plan(files, {
      clients: ["claude-code", "codex"],
      remove,
      skills: {},
      instructions: "x",
    });
    expect(changes.map(({ path }) => path)).toEqual(remove ? [] : ["CLAUDE.md", "AGENTS.md"]);
    expect(kept.map(({ path }) => path)).toEqual([".mcp.json", ".codex/config.toml"]);
  }
});

test("a skill that somebody changed stays, also when setup is taken away", () => {
  const done = apply(new Map(), plan(new Map(), { clients: ["claude-code"] }));
  const path = ".claude/skills/one/SKILL.md";
  done.set(path, (done.get(path) ?? "").replace("Do it.", "Do it twice."));
  for (const given of [{ skills: { one: "# New\n" } }, { remove: true }]) {
    const { changes, kept } = plan(done, { clients: ["claude-code"], ...given });
    expect(kept.map((file) => file.path)).toEqual([path]);
    expect(changes.map((change) => change.path)).not.toContain(path);
  }
});

test.each([
  [".mcp.json", '{"a": '],
  [".mcp.json", "[]"],
  [".codex/config.toml", "a = = 1"],
])("SU5 %s with %j is refused by name", async (path, text) => {
  const refused = await refusal(
    Promise.try(() => plan(new Map([[path, text]]), { clients: ["claude-code", "codex"] })),
  );
  expect(refused).toMatchObject({ code: "invalid", details: { file: path } });
  expect(refused.message).toContain(path);
});

const BEGIN = "sluice:begin, written by sluice setup";
test.each([
  ["CLAUDE.md", `# Mine\n<!-- ${BEGIN} -->\nunclosed\n\nMY TEXT\n`, 2],
  ["CLAUDE.md", "# Mine\r\n\r\n<!-- sluice:end -->", 3],
  ["CLAUDE.md", `<!-- ${BEGIN} -->\nMY TEXT\n<!-- ${BEGIN} -->\na\n<!-- sluice:end -->\n`, 1],
  ["CLAUDE.md", `<!-- ${BEGIN} -->\na\n<!-- sluice:end -->\nMY TEXT\n<!-- sluice:end -->\n`, 5],
  [".codex/config.toml", `# ${BEGIN}\n[mcp_servers.mine]\ncommand = "x"\n`, 1],
])("%s with %j is refused, with its line", async (file, text, line) => {
  for (const remove of [false, true]) {
    const clients: AgentClient[] = ["claude-code", "codex"];
    const refused = await refusal(Promise.try(() => plan(new Map([[file, text]]), { clients, remove })));
    expect(refused).toMatchObject({ code: "invalid", details: { file, line } });
    expect(refused.message).toContain(`${file}:${line}`);
  }
});

test("a mark within a line is only text", () => {
  const files = new Map([["CLAUDE.md", "The section ends with `<!-- sluice:end -->`.\n"]]);
  const done = apply(files, plan(files, { clients: ["claude-code"] }));
  expect(apply(done, plan(done, { clients: ["claude-code"], remove: true }))).toEqual(files);
});

test("SU6 a change is shown as its lines, with what stands around it", () => {
  const before = "one\ntwo\nthree\nfour\nfive\n";
  expect(fileDiff({ path: "a.md", before, after: "one\ntwo\nthree\nnew\nfour\nfive\n" })).toBe(
    "--- a.md\n+++ a.md\n two\n three\n+new\n four\n five",
  );
  expect(fileDiff({ path: "b", before: undefined, after: "x\n" })).toBe("--- (no file)\n+++ b\n+x");
  expect(fileDiff({ path: "b", before: "x\n", after: undefined })).toBe("--- b\n+++ (no file)\n-x");
});
