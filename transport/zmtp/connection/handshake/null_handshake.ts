import { command, parseCommand } from "../command.ts";
import { PlainCodec } from "../framing/codec.ts";
import { type Established, type Handshake, outOfOrder, throwOnError } from "./handshake.ts";
import { checkMetadata, metadata } from "./metadata.ts";
import type { SocketType } from "./socket_type.ts";

/**
 * The handshake of the NULL mechanism: a READY each. Who connects sends the first and the other one answers (RFC 37); a peer of version 3.0 sends
 * it unasked from either side, which comes to the same here.
 */
export class NullHandshake implements Handshake {
  readonly isCostly = false;
  established: Established | null = null;
  readonly #socketType: SocketType;
  readonly #begins: boolean;
  readonly #frameBytes: number;

  constructor(socketType: SocketType, begins: boolean, frameBytes: number) {
    this.#socketType = socketType;
    this.#begins = begins;
    this.#frameBytes = frameBytes;
  }

  start(): Uint8Array | null {
    return this.#begins ? this.#ready() : null;
  }

  take(body: Uint8Array): Uint8Array | null {
    const received = parseCommand(body);
    throwOnError(received);
    if (received.name !== "READY") throw outOfOrder(received, "READY");
    checkMetadata(received.data, this.#socketType);
    this.established = { codec: new PlainCodec(this.#frameBytes), peer: null, key: null };
    return this.#begins ? null : this.#ready();
  }

  #ready(): Uint8Array {
    return command("READY", metadata(this.#socketType));
  }
}
