/**
 * Writes the encodings of `docs/wire.md`. A value that the reader would refuse is a mistake of this program: it throws RangeError rather
 * than sign bytes nobody accepts.
 */
import { ScratchWriter } from "../../protocol/bytes/scratch_writer.ts";
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { ID_WANTED, isIdCode } from "./text.ts";

const INITIAL_BYTES = 4096;
/** Size above which a scratch buffer is not kept for the next message. */
const KEPT_BYTES = 256 * 1024;

export class Writer extends ScratchWriter {
  /** Name of the field being written, for errors. */
  field = "";
  readonly #maxBytes: number;

  /** Throws RangeError on more than `maxBytes` bytes. */
  constructor(maxBytes: number = LIMITS.maxPacketBytes) {
    super(INITIAL_BYTES, KEPT_BYTES);
    this.#maxBytes = maxBytes;
  }

  override reset(): void {
    super.reset();
    this.field = "";
  }

  override fail(wanted: string): never {
    throw new RangeError(`cannot encode ${this.field}: ${wanted}`);
  }

  count(count: number, max: number): void {
    if (count > max) this.fail(`wanted at most ${max} items, given ${count}`);
    this.u32(count);
  }

  id(value: string): void {
    const length = value.length;
    if (length === 0 || length > LIMITS.maxIdBytes) this.fail(`wanted ${ID_WANTED}, given "${value}"`);
    this.u8(length);
    this.need(length);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (!isIdCode(code, i)) this.fail(`wanted ${ID_WANTED}, given "${value}"`);
      this.buffer[this.at + i] = code;
    }
    this.at += length;
  }

  /** Writes a body after its length, then its signature, both as they were received (§2.2). */
  signed(body: Uint8Array, signature: Uint8Array): void {
    this.bytes(body);
    this.signature(signature);
  }

  signature(value: Uint8Array): void {
    if (value.length !== SIGNATURE_BYTES) {
      this.fail(`wanted a signature of ${SIGNATURE_BYTES} bytes, given ${value.length}`);
    }
    this.raw(value);
  }

  protected override grow(wanted: number): void {
    if (wanted > this.#maxBytes) this.fail(`wanted at most ${this.#maxBytes} bytes in all, given ${wanted}`);
    super.grow(wanted);
  }
}
