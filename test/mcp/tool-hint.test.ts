import { expect, test } from "bun:test";
import { toolHint } from "#mcp/call-tool.ts";
import { toolsOf } from "#mcp/toolset.ts";
import { REGISTRY } from "#operations/registry.ts";

test.each([
  ["Say why: sluice finish LEASE --outcome done --note TEXT", "Say why: the tool finish (outcome, note)"],
  [
    "Wait with: sluice wait --timeout 10m. Next due at noon",
    "Wait with: the tool wait (timeout). Next due at noon",
  ],
  [
    "Find it with: sluice item list, or sluice gate list",
    "Find it with: the tool item_list, or the tool gate_list",
  ],
  ["See: sluice why OB-3 or sluice log OB-3", "See: the tool why (ref) or the tool log (ref)"],
  ["Say what it gives (sluice propose --accept TEXT)", "Say what it gives (the tool propose (acceptance))"],
  ["Make one with: sluice init", "Make one with: sluice init"],
  ["Give the lease id, or set SLUICE_LEASE", "Give the lease id, or set SLUICE_LEASE"],
])("MC5 a hint's command is named as the tool it is here: %s", async (hint, told) => {
  expect(toolHint(hint, await toolsOf(REGISTRY, "all"))).toBe(told);
});

test("MC5 a command that is no tool here stays a command", async () => {
  const agent = await toolsOf(REGISTRY, "agent");
  const hint = "See: sluice why OB-3, or hand it back with: sluice release LEASE --note TEXT";
  expect(toolHint(hint, agent)).toBe("See: sluice why OB-3, or hand it back with: the tool release (note)");
});
