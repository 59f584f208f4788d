import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";

/** PEM texts that a server proves itself with. */
interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Names of the files, as the command line gives them. */
interface TlsNames {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/** Reads a certificate and its key; undefined where neither is named. Refuses with `invalid` one alone, what is none, and what do not fit. */
export function tlsFiles({ tlsCert, tlsKey }: TlsNames): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined) throw alone("--tls-key", "--tls-cert", "the certificate of that key");
  if (tlsKey === undefined) throw alone("--tls-cert", "--tls-key", "the key of that certificate");
  const cert = readPem("--tls-cert", tlsCert);
  const key = readPem("--tls-key", tlsKey);
  const certificate = parsed("--tls-cert", tlsCert, "a certificate", () => new X509Certificate(cert));
  const secret = parsed("--tls-key", tlsKey, "a key without a passphrase", () => createPrivateKey(key));
  if (!isPair(certificate, secret))
    throw new SluiceError("invalid", `${tlsKey} is not the key of the certificate in ${tlsCert}`, {
      hint: "Name the key that the certificate was made for with --tls-key",
      details: { field: "--tls-key", value: tlsKey },
    });
  return { cert, key };
}

function isPair(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false; // kinds of keys that differ are not compared
  }
}

function alone(given: string, missing: string, what: string): SluiceError {
  return new SluiceError("invalid", `${given} is given without ${missing}`, {
    hint: `Name ${what} with ${missing}, or leave both out to serve http`,
    details: { field: missing },
  });
}

function readPem(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new SluiceError("invalid", `The file ${path} of ${flag} cannot be read`, {
      hint: `Name a file that exists and that you may read with ${flag}`,
      details: { field: flag, value: path },
      cause,
    });
  }
}

function parsed<T>(flag: string, path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new SluiceError("invalid", `${path} does not hold ${what} in PEM form`, {
      hint: `Name a file that begins with -----BEGIN with ${flag}`,
      details: { field: flag, value: path },
      cause,
    });
  }
}
