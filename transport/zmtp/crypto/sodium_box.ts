/**
 * The box by libsodium, compiled to WebAssembly: Salsa20 and Poly1305 put together as XSalsa20-Poly1305 is. Its functions are called on memory of its own that
 * is set aside once, since the wrappers' allocations and checks cost more than the cipher does on a short message.
 */
import sodium from "libsodium-wrappers-sumo";
import { type BoxSeries, type CurveBox, KEY_BYTES, MAC_BYTES, NONCE_BYTES, PREFIX_BYTES } from "./curve_box.ts";
import { hsalsa20, makeKeyPair, randomBytes, sharedKey } from "./key_agreement.ts";
import { copyOf } from "./short_arrays.ts";
import { x25519PublicKey } from "./x25519.ts";

/** The part of the compiled library that is used. Numbers are addresses in its memory. */
interface SodiumModule {
  /** Another object after each growth of the memory. */
  readonly HEAPU8: Uint8Array;
  _malloc(length: number): number;
  _free(address: number): void;
  _crypto_stream_salsa20(...of: [into: number, length: number, high: number, nonce: number, key: number]): number;
  _crypto_onetimeauth_poly1305(...of: [mac: number, from: number, length: number, high: number, key: number]): number;
  _crypto_onetimeauth_poly1305_verify(
    ...of: [mac: number, from: number, length: number, high: number, key: number]
  ): number;
}

/** Largest message for which memory is kept; a larger one borrows. */
const KEPT_BYTES = 64 * 1024;
const SHORT_NONCE_BYTES = NONCE_BYTES - PREFIX_BYTES;

/** Loads libsodium. Rejects where WebAssembly cannot be compiled. */
export async function loadSodiumBox(): Promise<CurveBox> {
  await sodium.ready;
  const memory = new SodiumMemory((sodium as unknown as { libsodium: SodiumModule }).libsodium);
  return {
    ...{ name: `libsodium ${sodium.SODIUM_VERSION_STRING}`, randomBytes, makeKeyPair, sharedKey },
    publicKeyOf: x25519PublicKey,
    series: (key, prefix) => new SodiumSeries(memory, hsalsa20(key, prefix)),
  };
}

/** Memory of the library, for one message at a time: the stream, and behind it, from a whole word on, the message. */
class SodiumMemory {
  readonly module: SodiumModule;
  readonly mac: number;
  readonly #key: number;
  readonly #nonce: number;
  readonly #kept: number;
  #placed: Uint8Array | null = null;
  #words: Uint32Array = new Uint32Array(0);

  constructor(module: SodiumModule) {
    this.module = module;
    this.mac = module._malloc(MAC_BYTES);
    this.#key = module._malloc(KEY_BYTES);
    this.#nonce = module._malloc(SHORT_NONCE_BYTES);
    this.#kept = module._malloc(bytesFor(KEPT_BYTES));
  }

  /** Returns room for a message of `length` bytes, with the stream of `key` and `nonce` in it. */
  borrow(key: Uint8Array, nonce: Uint8Array, length: number): number {
    const { module } = this;
    const memory = length <= KEPT_BYTES ? this.#kept : module._malloc(bytesFor(length));
    if (memory === 0) throw new RangeError(`libsodium has no memory for a message of ${length} bytes`);
    const { HEAPU8 } = module;
    if (this.#placed !== key) HEAPU8.set(key, this.#key);
    this.#placed = key;
    for (let at = 0; at < SHORT_NONCE_BYTES; at++) HEAPU8[this.#nonce + at] = nonce[PREFIX_BYTES + at]!;
    module._crypto_stream_salsa20(memory, KEY_BYTES + length, 0, this.#nonce, this.#key);
    return memory;
  }

  giveBack(memory: number): void {
    if (memory !== this.#kept) this.module._free(memory);
  }

  /** Puts the message at `from` over the stream at `into`: by words, since the library does it by bytes. Up to three bytes behind both are used too. */
  combine(into: number, from: number, length: number): void {
    const { buffer } = this.module.HEAPU8;
    if (this.#words.buffer !== buffer) this.#words = new Uint32Array(buffer);
    const words = this.#words;
    const end = (into + wholeWords(length)) / WORD;
    for (let at = into / WORD, other = from / WORD; at < end; at++, other++) words[at]! ^= words[other]!;
  }
}

const WORD = 4;
const wholeWords = (length: number): number => (length + WORD - 1) & -WORD;
const messageAt = (memory: number, length: number): number => memory + KEY_BYTES + wholeWords(length);
const bytesFor = (length: number): number => KEY_BYTES + 2 * wholeWords(length);

/**
 * Boxes of one key. The stream begins with the key of the authenticator, the message is combined with what follows. In a box the authenticator stands in the
 * place of that key's second half.
 */
class SodiumSeries implements BoxSeries {
  readonly #memory: SodiumMemory;
  readonly #key: Uint8Array;

  constructor(memory: SodiumMemory, key: Uint8Array) {
    this.#memory = memory;
    this.#key = key;
  }

  seal(nonce: Uint8Array, head: Uint8Array, body: Uint8Array, into: Uint8Array, at: number): void {
    const memory = this.#memory;
    const length = head.length + body.length;
    const stream = memory.borrow(this.#key, nonce, length);
    const [content, plain] = [stream + KEY_BYTES, messageAt(stream, length)];
    const { module } = memory;
    for (let place = 0; place < head.length; place++) module.HEAPU8[plain + place] = head[place]!;
    module.HEAPU8.set(body, plain + head.length);
    memory.combine(content, plain, length);
    module._crypto_onetimeauth_poly1305(content - MAC_BYTES, content, length, 0, stream);
    into.set(module.HEAPU8.subarray(content - MAC_BYTES, content + length), at);
    memory.giveBack(stream);
  }

  open(nonce: Uint8Array, from: Uint8Array, at: number, length: number, head: Uint8Array): Uint8Array | null {
    const size = length - MAC_BYTES;
    if (size < head.length) return null;
    const memory = this.#memory;
    const stream = memory.borrow(this.#key, nonce, size);
    const [content, boxed] = [stream + KEY_BYTES, messageAt(stream, size)];
    const { module } = memory;
    for (let place = 0; place < MAC_BYTES; place++) module.HEAPU8[memory.mac + place] = from[at + place]!;
    module.HEAPU8.set(from.subarray(at + MAC_BYTES, at + length), boxed);
    const isGenuine = module._crypto_onetimeauth_poly1305_verify(memory.mac, boxed, size, 0, stream) === 0;
    if (isGenuine) memory.combine(content, boxed, size);
    const opened = isGenuine ? take(module.HEAPU8, content, size, head) : null;
    memory.giveBack(stream);
    return opened;
  }
}

function take(heap: Uint8Array, content: number, size: number, head: Uint8Array): Uint8Array {
  for (let place = 0; place < head.length; place++) head[place] = heap[content + place]!;
  return copyOf(heap, content + head.length, size - head.length);
}
