import { KEY_BYTES, type KeyPair, opened, sealed } from "../../crypto/curve_box.ts";
import { joined } from "../ascii.ts";
import { type Command, command, parseCommand } from "../command.ts";
import { type Established, type Handshake, outOfOrder, throwOnError } from "../handshake/handshake.ts";
import { checkMetadata, metadata } from "../handshake/metadata.ts";
import type { SocketType } from "../handshake/socket_type.ts";
import { Violation } from "../violation.ts";
import { CurveCodec } from "./curve_codec.ts";
import type { CurveClientOptions } from "./curve_keys.ts";
import { LONG_NONCE_BYTES, nonceOf, ReceiveNonce, SendNonce, SHORT_NONCE_BYTES } from "./nonce.ts";

const VERSION = Uint8Array.of(1, 0);
/** A HELLO is longer than its answer, so that nobody is made to send much to an address that was forged. */
const PADDING = new Uint8Array(72);
const PROOF = new Uint8Array(64);
/** WELCOME behind its name: a nonce and a box of the server's transient key and the cookie. */
const WELCOME_BYTES = 160;
const READY_LEAST_BYTES = SHORT_NONCE_BYTES + 16;

/** The client's side of CURVE (RFC 25, 26): HELLO, WELCOME → INITIATE, READY. It talks to nobody but the owner of the server's key. */
export class CurveClientHandshake implements Handshake {
  readonly isCostly = false;
  established: Established | null = null;
  readonly #options: CurveClientOptions;
  readonly #socketType: SocketType;
  readonly #frameBytes: number;
  readonly #transient: KeyPair;
  readonly #sendNonce = new SendNonce();
  readonly #receiveNonce = new ReceiveNonce();
  #helloKey: Uint8Array | null = null;
  #key: Uint8Array | null = null;

  constructor(options: CurveClientOptions, socketType: SocketType, frameBytes: number) {
    this.#options = options;
    this.#socketType = socketType;
    this.#frameBytes = frameBytes;
    this.#transient = options.box.makeKeyPair();
  }

  /** Throws a {@linkcode Violation} if the server's key is none that keys can be shared with. */
  start(): Uint8Array {
    const { box, serverKey } = this.#options;
    this.#helloKey = box.sharedKey(serverKey, this.#transient.secretKey);
    if (this.#helloKey === null) throw new Violation("box", "The server's public key is of small order");
    const nonce = this.#nextNonce("CurveZMQHELLO---");
    const proof = sealed(box, this.#helloKey, this.#sendNonce.bytes, PROOF);
    return command("HELLO", VERSION, PADDING, this.#transient.publicKey, nonce, proof);
  }

  take(body: Uint8Array): Uint8Array | null {
    const received = parseCommand(body);
    throwOnError(received);
    const wanted = this.#key === null ? "WELCOME" : "READY";
    if (received.name !== wanted || this.established !== null) throw outOfOrder(received, wanted);
    return this.#key === null ? this.#initiate(received) : this.#finish(received, this.#key);
  }

  #initiate({ data }: Command): Uint8Array {
    const { box, keys, serverKey } = this.#options;
    if (data.length !== WELCOME_BYTES) throw new Violation("handshake-command", "A malformed WELCOME");
    const nonce = nonceOf("WELCOME-", data.subarray(0, LONG_NONCE_BYTES));
    const content = opened(box, this.#helloKey!, nonce, data.subarray(LONG_NONCE_BYTES));
    if (content === null) throw new Violation("box", "A WELCOME that is not of the server's key");
    const [transientKey, cookie] = [content.slice(0, KEY_BYTES), content.subarray(KEY_BYTES)];
    const [key, vouchKey] = [
      box.sharedKey(transientKey, this.#transient.secretKey),
      box.sharedKey(transientKey, keys.secretKey),
    ];
    if (key === null || vouchKey === null) throw new Violation("box", "The server's transient key is of small order");
    this.#key = key;
    const vouchNonce = box.randomBytes(LONG_NONCE_BYTES);
    const vouched = joined(this.#transient.publicKey, serverKey);
    const vouch = joined(vouchNonce, sealed(box, vouchKey, nonceOf("VOUCH---", vouchNonce), vouched));
    const shortNonce = this.#nextNonce("CurveZMQINITIATE");
    const inside = joined(keys.publicKey, vouch, metadata(this.#socketType));
    return command("INITIATE", cookie, shortNonce, sealed(box, key, this.#sendNonce.bytes, inside));
  }

  #finish({ data }: Command, key: Uint8Array): null {
    const { box, serverId } = this.#options;
    if (data.length < READY_LEAST_BYTES) throw new Violation("handshake-command", "A malformed READY");
    this.#receiveNonce.use("CurveZMQREADY---");
    this.#receiveNonce.accept(data, 0);
    const content = opened(box, key, this.#receiveNonce.bytes, data.subarray(SHORT_NONCE_BYTES));
    if (content === null) throw new Violation("box", "A READY that is not genuine");
    checkMetadata(content, this.#socketType);
    const session = { box, key, sendNonce: this.#sendNonce, receiveNonce: this.#receiveNonce };
    this.established = { codec: new CurveCodec(session, "C", this.#frameBytes), peer: serverId, key: null };
    return null;
  }

  #nextNonce(prefix: string): Uint8Array {
    this.#sendNonce.use(prefix);
    this.#sendNonce.advance();
    return this.#sendNonce.bytes.slice(-SHORT_NONCE_BYTES);
  }
}
