/** A UUIDv7 in text form: the machine's name of an entity, ordered by creation time. */
export type Uid = string;

/**
 * Makes a UUIDv7 (RFC 9562 section 5.7) from a time and random bytes.
 * @param nowMs epoch milliseconds
 * @param random ten random bytes
 */
export function uuidv7(nowMs: number, random: Uint8Array): Uid {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(nowMs) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  const hex = bytes.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
