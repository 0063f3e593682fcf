/** A connection with a member's key, over which anything can be said once the handshake is over. */
import { unhex } from "../../../crypto/digest.ts";
import type { KeyFile } from "../../../crypto/keys/key_file.ts";
import type { Mechanism } from "../../../transport/zmtp/connection/connection_options.ts";
import type { Codec } from "../../../transport/zmtp/connection/framing/codec.ts";
import { MORE } from "../../../transport/zmtp/connection/framing/frame_header.ts";
import { FrameReader } from "../../../transport/zmtp/connection/framing/frame_reader.ts";
import { OutputQueue } from "../../../transport/zmtp/connection/framing/output_queue.ts";
import { Opening } from "../../../transport/zmtp/connection/handshake/opening.ts";
import { loadCurveBox } from "../../../transport/zmtp/crypto/load_box.ts";
import { HEARTBEAT } from "../../../transport/zmtp/settings.ts";
import { writeAll } from "../../e2e/support/zmtp.ts";
import { drain } from "./crowd.ts";
import type { Place, Scene } from "./scene.ts";
import { typeFor } from "./words.ts";

const LIMITS = { frameBytes: 1, packetBytes: 1, packetFrames: 1, queueMessages: 1, queueBytes: 1, handshakeMs: 5000 };
const box = await loadCurveBox();

/** Returns the mechanism of the owner of `key` as it connects to `replica`. */
export function mechanismOf({ roster, plaintext }: Scene, key: KeyFile, replica: string): Mechanism {
  if (plaintext) return { name: "NULL" };
  const { curveKey } = roster.replicas.find(({ id }) => id === replica)!;
  const keys = { publicKey: unhex(key.curvePublicKey), secretKey: unhex(key.curveSecretKey) };
  return { name: "CURVE", client: { box, keys, serverKey: unhex(curveKey), serverId: replica } };
}

export class MemberLink {
  readonly #scene: Scene;
  readonly #tcp: Deno.TcpConn;
  readonly #codec: Codec;
  readonly #output: OutputQueue;

  private constructor(scene: Scene, tcp: Deno.TcpConn, codec: Codec, output: OutputQueue) {
    this.#scene = scene;
    this.#tcp = tcp;
    this.#codec = codec;
    this.#output = output;
  }

  /** Connects and shakes hands. Throws if it is not let in. `reads` is false of one who never reads an answer. */
  static async open(scene: Scene, place: Place, key: KeyFile, reads = true): Promise<MemberLink> {
    const mechanism = mechanismOf(scene, key, place.replica);
    const options = {
      socketType: typeFor(place.door),
      connects: true,
      mechanism,
      limits: LIMITS,
      heartbeat: HEARTBEAT,
    };
    const [reader, output] = [new FrameReader(), new OutputQueue()];
    const opening = new Opening(options, reader, output);
    const tcp = await scene.connect(place);
    try {
      await flushed(tcp, output);
      for (let done = opening.advance();; done = opening.advance()) {
        await flushed(tcp, output);
        if (done !== null) {
          scene.count("handshakes");
          if (reads) void drain(tcp);
          return new MemberLink(scene, tcp, done.codec, output);
        }
        const count = await tcp.read(reader.room());
        if (count === null) throw new Error("closed in the handshake");
        reader.filled(count);
      }
    } catch (error) {
      scene.drop(tcp);
      throw error;
    }
  }

  /** Sends `times` frames with these flags, each in a box if there is one. */
  async frame(flags: number, body: Uint8Array, times = 1): Promise<void> {
    for (let time = 0; time < times; time++) this.#codec.write(this.#output, flags, body);
    await this.#flush();
  }

  /** Sends messages, in one piece. */
  async messages(messages: readonly (readonly Uint8Array[])[]): Promise<void> {
    for (const frames of messages) {
      frames.forEach((frame, place) => this.#codec.write(this.#output, place < frames.length - 1 ? MORE : 0, frame));
    }
    await this.#flush();
    this.#scene.count("messages", messages.length);
  }

  /** Sends bytes as they are. */
  async raw(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#tcp, bytes);
    this.#scene.count("bytes", bytes.length);
  }

  close(): void {
    this.#scene.drop(this.#tcp);
  }

  async #flush(): Promise<void> {
    this.#scene.count("bytes", await flushed(this.#tcp, this.#output));
  }
}

async function flushed(tcp: Deno.TcpConn, output: OutputQueue): Promise<number> {
  let bytes = 0;
  for (let part = output.take(); part !== null; part = output.take()) {
    bytes += part.length;
    await writeAll(tcp, part);
    output.written();
  }
  return bytes;
}
