/**
 * The box by libsodium, compiled to WebAssembly. Its functions are called on memory of its own that is set aside once, since the wrappers'
 * allocations and checks cost more than the cipher does on a short message.
 */
import sodium from "libsodium-wrappers";
import { type CurveBox, KEY_BYTES, MAC_BYTES, NONCE_BYTES } from "./curve_box.ts";
import { makeKeyPair, randomBytes, sharedKey } from "./key_agreement.ts";
import { x25519PublicKey } from "./x25519.ts";

/** The part of the compiled library that is used. Numbers are addresses in its memory. */
interface SodiumModule {
  /** Another object after each growth of the memory. */
  readonly HEAPU8: Uint8Array;
  _malloc(length: number): number;
  _free(address: number): void;
  _crypto_secretbox_detached(
    ...of: [sealed: number, mac: number, plain: number, length: number, high: number, nonce: number, key: number]
  ): number;
  _crypto_secretbox_open_detached(
    ...of: [plain: number, sealed: number, mac: number, length: number, high: number, nonce: number, key: number]
  ): number;
}

/** Largest message for which memory is kept; a larger one borrows. */
const KEPT_BYTES = 64 * 1024;

/** Loads libsodium. Rejects where WebAssembly cannot be compiled. */
export async function loadSodiumBox(): Promise<CurveBox> {
  await sodium.ready;
  return new SodiumBox((sodium as unknown as { libsodium: SodiumModule }).libsodium);
}

class SodiumBox implements CurveBox {
  readonly randomBytes = randomBytes;
  readonly makeKeyPair = makeKeyPair;
  readonly publicKeyOf = x25519PublicKey;
  readonly sharedKey = sharedKey;
  readonly name = `libsodium ${sodium.SODIUM_VERSION_STRING}`;
  readonly #module: SodiumModule;
  readonly #key: number;
  readonly #nonce: number;
  readonly #message: number;

  constructor(module: SodiumModule) {
    this.#module = module;
    this.#key = module._malloc(KEY_BYTES);
    this.#nonce = module._malloc(NONCE_BYTES);
    this.#message = module._malloc(KEPT_BYTES);
  }

  seal(key: Uint8Array, nonce: Uint8Array, head: Uint8Array, body: Uint8Array, into: Uint8Array, at: number): void {
    const length = head.length + body.length;
    const memory = this.#borrow(MAC_BYTES + length);
    const content = memory + MAC_BYTES;
    this.#place(key, nonce);
    const module = this.#module;
    module.HEAPU8.set(head, content);
    module.HEAPU8.set(body, content + head.length);
    module._crypto_secretbox_detached(content, memory, content, length, 0, this.#nonce, this.#key);
    into.set(module.HEAPU8.subarray(memory, content + length), at);
    this.#giveBack(memory);
  }

  open(
    key: Uint8Array,
    nonce: Uint8Array,
    from: Uint8Array,
    at: number,
    length: number,
    head: Uint8Array,
  ): Uint8Array | null {
    if (length < MAC_BYTES + head.length) return null;
    const memory = this.#borrow(length);
    const content = memory + MAC_BYTES;
    this.#place(key, nonce);
    const module = this.#module;
    module.HEAPU8.set(from.subarray(at, at + length), memory);
    const size = length - MAC_BYTES;
    const failed = module._crypto_secretbox_open_detached(content, content, memory, size, 0, this.#nonce, this.#key);
    const opened = failed === 0 ? this.#take(content, size, head) : null;
    this.#giveBack(memory);
    return opened;
  }

  #take(content: number, size: number, head: Uint8Array): Uint8Array {
    const { HEAPU8 } = this.#module;
    for (let place = 0; place < head.length; place++) head[place] = HEAPU8[content + place]!;
    return HEAPU8.slice(content + head.length, content + size);
  }

  #place(key: Uint8Array, nonce: Uint8Array): void {
    const { HEAPU8 } = this.#module;
    HEAPU8.set(key, this.#key);
    HEAPU8.set(nonce, this.#nonce);
  }

  #borrow(length: number): number {
    if (length <= KEPT_BYTES) return this.#message;
    const memory = this.#module._malloc(length);
    if (memory === 0) throw new RangeError(`libsodium has no memory for a message of ${length} bytes`);
    return memory;
  }

  #giveBack(memory: number): void {
    if (memory !== this.#message) this.#module._free(memory);
  }
}
