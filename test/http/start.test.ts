import { expect, test } from "bun:test";
import { selfSigned } from "#test/self-signed.ts";
import { serve } from "#test/serve.ts";
import { textWith } from "#test/matching.ts";
import { openCliBench } from "../e2e/cli-bench.ts";

const read = (text: string): unknown => (text === "" ? undefined : JSON.parse(text));

test("a port that another server listens on is refused", async () => {
  using bench = await openCliBench("file");
  using served = await serve(bench.env, bench.home);
  const { code, stderr } = await bench.call(["serve", "--port", new URL(served.url).port, "--json"], {});
  expect([code, read(stderr)]).toMatchObject([
    7,
    { error: { code: "unavailable", hint: textWith("--port") } },
  ]);
  expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
}, 30_000);

test("HT46 with a certificate and its key a server speaks https, and no http", async () => {
  using bench = await openCliBench("file");
  const { cert, key } = selfSigned();
  const flags = ["--tls-cert", bench.write("cert.pem", cert), "--tls-key", bench.write("key.pem", key)];
  using served = await serve(bench.env, bench.home, flags);
  expect(served.url).toStartWith("https:");
  const secure = await fetch(`${served.url}/healthz`, { tls: { ca: cert } });
  expect(secure.status).toBe(200);
  const plain = await fetch(`${served.url.replace("https:", "http:")}/healthz`).then(
    ({ status }) => status,
    () => "refused",
  );
  expect(plain).not.toBe(200);
}, 30_000);

test("HT46 a certificate or key alone, one that is none, and two that do not fit are refused", async () => {
  using bench = await openCliBench("file");
  const [one, other] = [selfSigned(), selfSigned()];
  const cert = bench.write("cert.pem", one.cert);
  const key = bench.write("key.pem", one.key);
  const tries = [
    [["--tls-cert", cert], "--tls-key"],
    [["--tls-key", key], "--tls-cert"],
    [["--tls-cert", `${cert}.gone`, "--tls-key", key], "--tls-cert"],
    [["--tls-cert", bench.write("none.pem", "no PEM"), "--tls-key", key], "--tls-cert"],
    [["--tls-cert", cert, "--tls-key", bench.write("none.pem", "no PEM")], "--tls-key"],
    [["--tls-cert", cert, "--tls-key", bench.write("other.pem", other.key)], "--tls-key"],
  ] as const;
  for (const [flags, field] of tries) {
    const { code, stderr } = await bench.call(["serve", "--port", "0", "--json", ...flags], {});
    expect([flags, code, read(stderr)]).toMatchObject([
      flags,
      2,
      { error: { code: "invalid", details: { field }, hint: textWith(field) } },
    ]);
  }
}, 30_000);
