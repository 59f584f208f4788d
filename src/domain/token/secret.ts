/** 256 bits: nobody guesses one, so that a fast hash of it is as good as a slow one. */
const SECRET_BYTES = 32;

/** Tells people, and programs that look for leaked secrets, what it is. */
const PREFIX = "slc_";

/** A new secret of a token. @param randomBytes unpredictable bytes, as many as asked for */
export const newSecret = (randomBytes: (count: number) => Uint8Array): string =>
  `${PREFIX}${randomBytes(SECRET_BYTES).toBase64({ alphabet: "base64url", omitPadding: true })}`;
