import { expect, test } from "bun:test";
import { readRunner } from "#compose/drain/runner-option.ts";
import { SluiceError } from "#domain/errors.ts";

test.each([
  ["claude-code", { kind: "claude-code" }],
  ["claude-code=/opt/claude", { kind: "claude-code", program: "/opt/claude" }],
  ["codex", { kind: "codex" }],
  ["opencode", { kind: "opencode" }],
  ["gemini=/opt/gemini", { kind: "gemini", program: "/opt/gemini" }],
  ["grok", { kind: "grok" }],
  ['o3={"kind":"codex","model":"o3"}', { kind: "codex", model: "o3" }],
  ["fixer=./fix.sh --fast 'two words'", { kind: "command", argv: ["./fix.sh", "--fast", "two words"] }],
  ['opus={"kind":"claude-code","model":"opus"}', { kind: "claude-code", model: "opus" }],
  ['sh={"kind":"command","argv":["sh","-c","a=b"]}', { kind: "command", argv: ["sh", "-c", "a=b"] }],
] as const)("CX1 reads %s", (text, spec) => {
  const [name = ""] = text.split("=");
  expect(readRunner(text)).toEqual({ name, capabilities: [], spec });
});

test("CX1 takes what a runner can do out of its settings", () => {
  const text = 'big={"kind":"codex","capabilities":["gpu","browser"]}';
  expect(readRunner(text)).toEqual({
    name: "big",
    capabilities: ["gpu", "browser"],
    spec: { kind: "codex" },
  });
});

test.each([
  'big={"kind":"codex","capabilities":"gpu"}',
  'big={"kind":"codex","capabilities":["No word"]}',
  "claude-code=claude --model opus",
  'opus={"kind":"claude-code","modle":"opus"}',
  'opus={"kind":"claude-code"',
  'opus={"kind":"robot"}',
  "codex=codex --full-auto",
  "fixer=",
  "fixer",
  "no name=sh",
  "fixer='open",
])("refuses %s", (text) => {
  const refused = (): unknown => readRunner(text);
  expect(refused).toThrow(SluiceError);
  expect(refused).toThrow(/^runner is /);
});
