/**
 * The box by libsodium, compiled to WebAssembly: Salsa20 and Poly1305 put together as XSalsa20-Poly1305 is. Its functions are called on memory of its own that
 * is set aside once, since the wrappers' allocations and checks cost more than the cipher does on a short message.
 */
import sodium from "libsodium-wrappers-sumo";
import { type BoxSeries, type CurveBox, KEY_BYTES, MAC_BYTES, NONCE_BYTES, PREFIX_BYTES } from "./curve_box.ts";
import { hsalsa20, makeKeyPair, randomBytes, sharedKey } from "./key_agreement.ts";
import { x25519PublicKey } from "./x25519.ts";

/** The part of the compiled library that is used. Numbers are addresses in its memory. */
interface SodiumModule {
  /** Another object after each growth of the memory. */
  readonly HEAPU8: Uint8Array;
  _malloc(length: number): number;
  _free(address: number): void;
  _crypto_stream_salsa20_xor(
    ...of: [into: number, from: number, length: number, high: number, nonce: number, key: number]
  ): number;
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

/** Memory of the library, for one message at a time. */
class SodiumMemory {
  readonly module: SodiumModule;
  readonly key: number;
  readonly nonce: number;
  readonly mac: number;
  readonly #kept: number;
  #placed: Uint8Array | null = null;

  constructor(module: SodiumModule) {
    this.module = module;
    this.key = module._malloc(KEY_BYTES);
    this.nonce = module._malloc(SHORT_NONCE_BYTES);
    this.mac = module._malloc(MAC_BYTES);
    this.#kept = module._malloc(2 * (KEY_BYTES + KEPT_BYTES));
    module.HEAPU8.fill(0, this.#kept, this.#kept + KEY_BYTES);
  }

  /** Sets key and nonce. */
  place(key: Uint8Array, nonce: Uint8Array): void {
    const { HEAPU8 } = this.module;
    if (this.#placed !== key) HEAPU8.set(key, this.key);
    this.#placed = key;
    for (let at = 0; at < SHORT_NONCE_BYTES; at++) HEAPU8[this.nonce + at] = nonce[PREFIX_BYTES + at]!;
  }

  /** Returns room for a message of `length` bytes behind as many zeros as a key has, and as much again behind that. */
  borrow(length: number): number {
    if (length <= KEPT_BYTES) return this.#kept;
    const memory = this.module._malloc(2 * (KEY_BYTES + length));
    if (memory === 0) throw new RangeError(`libsodium has no memory for a message of ${length} bytes`);
    this.module.HEAPU8.fill(0, memory, memory + KEY_BYTES);
    return memory;
  }

  giveBack(memory: number): void {
    if (memory !== this.#kept) this.module._free(memory);
  }
}

/**
 * Boxes of one key. The stream begins with the key of the authenticator: 32 zeros before a message are enciphered with it, and what becomes of them is that
 * key. In a box the authenticator stands in the place of its second half.
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
    const plain = memory.borrow(length);
    const cipher = plain + KEY_BYTES + length;
    memory.place(this.#key, nonce);
    const { module } = memory;
    const content = plain + KEY_BYTES;
    for (let place = 0; place < head.length; place++) module.HEAPU8[content + place] = head[place]!;
    module.HEAPU8.set(body, content + head.length);
    module._crypto_stream_salsa20_xor(cipher, plain, KEY_BYTES + length, 0, memory.nonce, memory.key);
    const end = cipher + KEY_BYTES + length;
    const boxed = cipher + KEY_BYTES - MAC_BYTES;
    module._crypto_onetimeauth_poly1305(boxed, cipher + KEY_BYTES, length, 0, cipher);
    into.set(module.HEAPU8.subarray(boxed, end), at);
    memory.giveBack(plain);
  }

  open(nonce: Uint8Array, from: Uint8Array, at: number, length: number, head: Uint8Array): Uint8Array | null {
    const size = length - MAC_BYTES;
    if (size < head.length) return null;
    const memory = this.#memory;
    const cipher = memory.borrow(size);
    const plain = cipher + KEY_BYTES + size;
    memory.place(this.#key, nonce);
    const { module } = memory;
    for (let place = 0; place < MAC_BYTES; place++) module.HEAPU8[memory.mac + place] = from[at + place]!;
    module.HEAPU8.set(from.subarray(at + MAC_BYTES, at + length), cipher + KEY_BYTES);
    module._crypto_stream_salsa20_xor(plain, cipher, KEY_BYTES + size, 0, memory.nonce, memory.key);
    const failed = module._crypto_onetimeauth_poly1305_verify(memory.mac, cipher + KEY_BYTES, size, 0, plain);
    const opened = failed === 0 ? take(module.HEAPU8, plain + KEY_BYTES, size, head) : null;
    memory.giveBack(cipher);
    return opened;
  }
}

function take(heap: Uint8Array, content: number, size: number, head: Uint8Array): Uint8Array {
  for (let place = 0; place < head.length; place++) head[place] = heap[content + place]!;
  return heap.slice(content + head.length, content + size);
}
