import { KEY_BYTES, type KeyPair, opened, sealed } from "../../crypto/curve_box.ts";
import { joined } from "../ascii.ts";
import { type Command, command, parseCommand } from "../command.ts";
import { type Established, type Handshake, outOfOrder } from "../handshake/handshake.ts";
import { checkMetadata, metadata } from "../handshake/metadata.ts";
import type { SocketType } from "../handshake/socket_type.ts";
import { Violation } from "../violation.ts";
import { CurveCodec } from "./curve_codec.ts";
import type { CurveServerOptions } from "./curve_keys.ts";
import { LONG_NONCE_BYTES, nonceOf, ReceiveNonce, SendNonce, SHORT_NONCE_BYTES } from "./nonce.ts";

/** HELLO behind its name: version 1.0, 72 bytes of padding, the client's transient key, a nonce and a box of 64 zeros. */
const HELLO = { bytes: 194, padding: 2, key: 74, nonce: 106, box: 114 } as const;
/** INITIATE behind its name: the cookie (a nonce and a box), a nonce and a box of key, vouch and metadata. */
const INITIATE = { cookie: 0, nonce: 96, box: 104, leastBytes: 248 } as const;
const COOKIE_BYTES = 96;
/** Content of an INITIATE's box: the client's permanent key, the vouch (a nonce and a box), metadata. */
const VOUCH = { at: KEY_BYTES, box: KEY_BYTES + LONG_NONCE_BYTES, end: KEY_BYTES + 96 } as const;

/**
 * The server's side of CURVE (RFC 25, 26): HELLO → WELCOME, INITIATE → READY.
 *
 * Between the two it keeps one key and nothing else: its transient secret travels in the cookie, sealed with that key. The key is this
 * connection's own and forgotten with the cookie's return, so that a recorded INITIATE means nothing on another connection.
 */
export class CurveServerHandshake implements Handshake {
  established: Established | null = null;
  readonly #options: CurveServerOptions;
  readonly #socketType: SocketType;
  readonly #frameBytes: number;
  readonly #receiveNonce = new ReceiveNonce();
  #cookieKey: Uint8Array | null = null;

  constructor(options: CurveServerOptions, socketType: SocketType, frameBytes: number) {
    this.#options = options;
    this.#socketType = socketType;
    this.#frameBytes = frameBytes;
  }

  get isCostly(): boolean {
    return this.#cookieKey === null;
  }

  start(): null {
    return null;
  }

  take(body: Uint8Array): Uint8Array {
    const received = parseCommand(body);
    if (this.established !== null) throw outOfOrder(received, "none in a handshake that is over");
    const wanted = this.#cookieKey === null ? "HELLO" : "INITIATE";
    if (received.name !== wanted) throw outOfOrder(received, wanted);
    return this.#cookieKey === null ? this.#welcome(received) : this.#ready(received, this.#cookieKey);
  }

  #welcome({ data }: Command): Uint8Array {
    const { box, keys } = this.#options;
    const { padding, key, nonce, box: at } = HELLO;
    const isPadded = data.length === HELLO.bytes && data.subarray(padding, key).every((byte) => byte === 0);
    if (!isPadded || data[0] !== 1 || data[1] !== 0) throw malformed("HELLO");
    const clientKey = data.subarray(key, nonce);
    const shared = box.sharedKey(clientKey, keys.secretKey);
    this.#receiveNonce.accept(data, nonce);
    const proof = shared &&
      opened(box, shared, nonceOf("CurveZMQHELLO---", data.subarray(nonce, at)), data.subarray(at));
    if (shared === null || proof === null || proof.some((byte) => byte !== 0)) throw notGenuine("HELLO");
    const transient = box.makeKeyPair();
    const longNonce = box.randomBytes(LONG_NONCE_BYTES);
    const content = joined(transient.publicKey, this.#bake(clientKey, transient));
    return command("WELCOME", longNonce, sealed(box, shared, nonceOf("WELCOME-", longNonce), content));
  }

  #bake(clientKey: Uint8Array, transient: KeyPair): Uint8Array {
    const { box } = this.#options;
    this.#cookieKey = box.randomBytes(KEY_BYTES);
    const longNonce = box.randomBytes(LONG_NONCE_BYTES);
    const content = joined(clientKey, transient.secretKey);
    return joined(longNonce, sealed(box, this.#cookieKey, nonceOf("COOKIE--", longNonce), content));
  }

  #ready({ data }: Command, cookieKey: Uint8Array): Uint8Array {
    const { box } = this.#options;
    if (data.length < INITIATE.leastBytes) throw malformed("INITIATE");
    const cookie = data.subarray(0, COOKIE_BYTES);
    const baked = opened(box, cookieKey, nonceOf("COOKIE--", cookie.subarray(0, 16)), cookie.subarray(16));
    if (baked === null) throw new Violation("box", "A cookie of another connection, or changed");
    const [clientKey, secretKey] = [baked.subarray(0, KEY_BYTES), baked.slice(KEY_BYTES)];
    const key = box.sharedKey(clientKey, secretKey);
    this.#receiveNonce.accept(data, INITIATE.nonce);
    const nonce = nonceOf("CurveZMQINITIATE", data.subarray(INITIATE.nonce, INITIATE.box));
    const content = key && opened(box, key, nonce, data.subarray(INITIATE.box));
    if (key === null || content === null) throw notGenuine("INITIATE");
    this.#checkVouch(content, clientKey, secretKey);
    const publicKey = content.slice(0, KEY_BYTES);
    const peer = this.#admitted(publicKey);
    checkMetadata(content.subarray(VOUCH.end), this.#socketType);
    return this.#establish(key, peer, publicKey.toHex());
  }

  /** The vouch says, from the client's permanent key, whose transient key this is and whom it speaks to. */
  #checkVouch(content: Uint8Array, clientKey: Uint8Array, secretKey: Uint8Array): void {
    const { box, keys } = this.#options;
    const shared = box.sharedKey(content.subarray(0, KEY_BYTES), secretKey);
    const nonce = nonceOf("VOUCH---", content.subarray(VOUCH.at, VOUCH.box));
    const vouched = shared && opened(box, shared, nonce, content.subarray(VOUCH.box, VOUCH.end));
    const wanted = joined(clientKey, keys.publicKey);
    if (vouched === null || vouched.some((byte, place) => byte !== wanted[place])) {
      throw new Violation("vouch", "A vouch that is not genuine, or for others");
    }
  }

  #admitted(publicKey: Uint8Array): string {
    const admission = this.#options.admit(publicKey);
    if ("id" in admission) return admission.id;
    throw new Violation("not-admitted", `Key ${publicKey.toHex()}: ${admission.reason}`, admission.reason);
  }

  #establish(sharedKey: Uint8Array, peer: string, key: string): Uint8Array {
    const { box } = this.#options;
    const sendNonce = new SendNonce();
    sendNonce.use("CurveZMQREADY---");
    sendNonce.advance();
    const ready = sealed(box, sharedKey, sendNonce.bytes, metadata(this.#socketType));
    const answer = command("READY", sendNonce.bytes.slice(-SHORT_NONCE_BYTES), ready);
    const session = { box, key: sharedKey, sendNonce, receiveNonce: this.#receiveNonce };
    this.established = { codec: new CurveCodec(session, "S", this.#frameBytes), peer, key };
    this.#cookieKey = null;
    return answer;
  }
}

function malformed(name: string): Violation {
  return new Violation("handshake-command", `A malformed ${name}`);
}

function notGenuine(name: string): Violation {
  return new Violation("box", `A ${name} whose box is not genuine`);
}
