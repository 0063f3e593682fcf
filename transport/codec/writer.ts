/**
 * Writes the primitive encodings of `docs/wire.md`. A value that the reader would refuse is a mistake of this program: it throws
 * RangeError rather than sign bytes that no one accepts.
 */
import { LIMITS } from "../../protocol/limits.ts";
import { ID_WANTED, isIdCode, writeHex } from "./text.ts";
import { DIGEST_BYTES, SIGNATURE_BYTES } from "./sizes.ts";

const INITIAL_BYTES = 4096;
/** Size above which a scratch buffer is not kept for the next message. */
const KEPT_BYTES = 256 * 1024;
const U32_BYTES = 4;
const U64_BYTES = 8;
const TWO_TO_32 = 0x1_0000_0000;

export class Writer {
  /** Name of the field being written, for errors. */
  field = "";
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Returns a copy of what was written, and empties the writer. */
  finish(): Uint8Array {
    const result = this.#bytes.slice(0, this.#at);
    this.reset();
    return result;
  }

  reset(): void {
    this.#at = 0;
    this.field = "";
    if (this.#bytes.length > KEPT_BYTES) this.#resize(INITIAL_BYTES);
  }

  fail(wanted: string): never {
    throw new RangeError(`cannot encode ${this.field}: ${wanted}`);
  }

  u8(value: number): void {
    this.#need(1);
    this.#view.setUint8(this.#at++, value);
  }

  u32(value: number): void {
    this.#need(U32_BYTES);
    this.#view.setUint32(this.#at, value);
    this.#at += U32_BYTES;
  }

  uint53(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) this.fail(`wanted an integer from 0 to 2^53 - 1, given ${value}`);
    this.#need(U64_BYTES);
    const low = value >>> 0;
    this.#view.setUint32(this.#at, (value - low) / TWO_TO_32);
    this.#view.setUint32(this.#at + U32_BYTES, low);
    this.#at += U64_BYTES;
  }

  count(count: number, max: number): void {
    if (count > max) this.fail(`wanted at most ${max} items, given ${count}`);
    this.u32(count);
  }

  /** Writes bytes after their length. */
  bytes(value: Uint8Array, max: number): void {
    if (value.length > max) this.fail(`wanted at most ${max} bytes, given ${value.length}`);
    this.u32(value.length);
    this.put(value);
  }

  /** Writes the bytes as they are. */
  put(value: Uint8Array): void {
    this.#need(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  digest(value: string): void {
    this.#need(DIGEST_BYTES);
    if (value.length !== 2 * DIGEST_BYTES || !writeHex(value, this.#bytes, this.#at)) {
      this.fail(`wanted ${2 * DIGEST_BYTES} lower-case hexadecimal digits, given "${value}"`);
    }
    this.#at += DIGEST_BYTES;
  }

  id(value: string): void {
    const length = value.length;
    if (length === 0 || length > LIMITS.maxIdBytes) this.fail(`wanted ${ID_WANTED}, given "${value}"`);
    this.u8(length);
    this.#need(length);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (!isIdCode(code, i)) this.fail(`wanted ${ID_WANTED}, given "${value}"`);
      this.#view.setUint8(this.#at + i, code);
    }
    this.#at += length;
  }

  /** Writes a body after its length, then its signature, both as they were received (§2.2). */
  signed(body: Uint8Array, signature: Uint8Array): void {
    this.u32(body.length);
    this.put(body);
    this.signature(signature);
  }

  signature(value: Uint8Array): void {
    if (value.length !== SIGNATURE_BYTES) {
      this.fail(`wanted a signature of ${SIGNATURE_BYTES} bytes, given ${value.length}`);
    }
    this.put(value);
  }

  #need(length: number): void {
    const wanted = this.#at + length;
    if (wanted <= this.#bytes.length) return;
    if (wanted > LIMITS.maxPacketBytes) {
      this.fail(`wanted at most ${LIMITS.maxPacketBytes} bytes in all, given ${wanted}`);
    }
    const kept = this.#bytes.subarray(0, this.#at);
    this.#resize(Math.max(wanted, 2 * this.#bytes.length));
    this.#bytes.set(kept);
  }

  #resize(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
