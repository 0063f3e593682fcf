/** Nonces of CURVE (RFC 26): 16 bytes that say what they are for and a counter of 8, or 8 such bytes and 16 random ones. */
import { NONCE_BYTES } from "../../crypto/curve_box.ts";
import { ascii } from "../ascii.ts";
import { readUint32, writeUint32 } from "../framing/frame_header.ts";
import { Violation } from "../violation.ts";

/** Bytes of a short nonce on the wire, and of a long one. */
export const SHORT_NONCE_BYTES = 8;
export const LONG_NONCE_BYTES = 16;

const COUNTER = NONCE_BYTES - SHORT_NONCE_BYTES;
const MAX_UINT32 = 0xffff_ffff;

/** Returns a nonce of `prefix` and what came with a box. */
export function nonceOf(prefix: string, sent: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(ascii(prefix));
  nonce.set(sent, prefix.length);
  return nonce;
}

/** Counts what this side seals with its transient key. No number is used twice, whatever the prefix. */
export class SendNonce {
  /** The nonce last made; the same array each time. */
  readonly bytes = new Uint8Array(NONCE_BYTES);
  #high: number;
  #low: number;

  /** Begins behind the number given by two halves of 32 bits. */
  constructor(high = 0, low = 0) {
    this.#high = high;
    this.#low = low;
  }

  /** Sets the 16 characters before the counter. */
  use(prefix: string): void {
    this.bytes.set(ascii(prefix));
  }

  /** Makes the next nonce. Throws a {@linkcode Violation} where the counter would wrap. */
  advance(): void {
    if (this.#low < MAX_UINT32) this.#low++;
    else {
      if (this.#high === MAX_UINT32) throw new Violation("nonce", "This side's nonces are used up");
      this.#high++;
      this.#low = 0;
    }
    this.copyCounter(this.bytes, COUNTER);
  }

  /** Writes the counter, as it goes with what it sealed. */
  copyCounter(into: Uint8Array, at: number): void {
    writeUint32(into, at, this.#high);
    writeUint32(into, at + 4, this.#low);
  }
}

/** Holds the other side to numbers that only grow, so that nothing recorded can be played again. */
export class ReceiveNonce {
  /** The nonce last accepted; the same array each time. */
  readonly bytes = new Uint8Array(NONCE_BYTES);
  #high = 0;
  #low = 0;

  /** Sets the 16 characters before the counter. */
  use(prefix: string): void {
    this.bytes.set(ascii(prefix));
  }

  /** Takes the number at `at`. Throws a {@linkcode Violation} unless it is above the last. */
  accept(from: Uint8Array, at: number): void {
    const high = readUint32(from, at);
    const low = readUint32(from, at + 4);
    if (high < this.#high || (high === this.#high && low <= this.#low)) {
      throw new Violation("nonce", "A nonce that is not above the one before");
    }
    this.#high = high;
    this.#low = low;
    writeUint32(this.bytes, COUNTER, high);
    writeUint32(this.bytes, COUNTER + 4, low);
  }
}
