import { expect, test } from "bun:test";
import { createHttpClient, serverAddress } from "#http/client/http-client.ts";
import { textWith } from "#test/matching.ts";
import { refusal } from "#test/refusal.ts";

const ask = async (url: string, token: string | undefined) =>
  await refusal(
    (async () => await createHttpClient({ url, token, headers: {} })({ method: "GET", path: "/status" }))(),
  );

test("RW9 a token is sent over https or to this machine alone", async () => {
  for (const url of [
    "http://192.0.2.1:7350",
    "http://127.0.0.1.example.invalid",
    "http://127.example.invalid",
    "HTTP://localhost.example.invalid",
  ])
    expect(await ask(url, "slc_secret")).toMatchObject({ code: "invalid", hint: textWith("https") });
  for (const url of ["http://127.0.0.1:1", "http://127.1.2.3:1", "http://localhost:1", "http://[::1]:1"])
    expect(await ask(url, "slc_secret")).toMatchObject({ code: "unavailable" });
  expect(serverAddress("https://backlog.example", "slc_secret")).toBe("https://backlog.example");
  expect(serverAddress("http://backlog.example/path/", undefined)).toBe("http://backlog.example/path");
});

test("RW10 a password in the address is shown in no refusal", async () => {
  using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("Hello") });
  for (const url of [
    "http://ada:secretpw@127.0.0.1:1",
    `http://ada:secretpw@${other.url.host}`,
    "http://ada:secretpw@192.0.2.1",
    "https://ada:secretpw@[none",
  ]) {
    const { message, hint, details, stack } = await ask(url, "slc_secret");
    expect(JSON.stringify({ message, hint, details, stack })).not.toContain("secretpw");
  }
});
