/** r4's ports with r4's key: whoever connects is said a few words and left. */
import { unhex } from "../../../crypto/digest.ts";
import { MORE } from "../../../transport/zmtp/connection/framing/frame_header.ts";
import type { Mechanism } from "../../../transport/zmtp/connection/connection_options.ts";
import { FrameReader } from "../../../transport/zmtp/connection/framing/frame_reader.ts";
import { OutputQueue } from "../../../transport/zmtp/connection/framing/output_queue.ts";
import { Opening } from "../../../transport/zmtp/connection/handshake/opening.ts";
import { loadCurveBox } from "../../../transport/zmtp/crypto/load_box.ts";
import { HEARTBEAT, limitsOf } from "../../../transport/zmtp/settings.ts";
import { writeAll } from "../../e2e/support/zmtp.ts";
import { INSIDER, type Place, type Scene } from "../support/scene.ts";

const TYPES = { peer: "ROUTER", publish: "PUB", client: "ROUTER" } as const;

type Messages = readonly (readonly Uint8Array[])[];

export class ShortServer {
  readonly #scene: Scene;
  readonly #messages: Messages;
  readonly #mechanism: Mechanism;
  readonly #listeners: { readonly listener: Deno.TcpListener; readonly place: Place }[];

  private constructor(scene: Scene, messages: Messages, mechanism: Mechanism) {
    this.#scene = scene;
    this.#messages = messages;
    this.#mechanism = mechanism;
    this.#listeners = scene.places().filter(({ replica }) => replica === INSIDER).map((place) => {
      const listener = Deno.listen({ hostname: place.host, port: place.port });
      scene.keep(listener);
      return { listener, place };
    });
  }

  /** Listens at r4's ports. */
  static async open(scene: Scene, messages: Messages): Promise<ShortServer> {
    const [key, box] = [await scene.key(INSIDER), await loadCurveBox()];
    const keys = { publicKey: unhex(key.curvePublicKey), secretKey: unhex(key.curveSecretKey) };
    const server = { box, keys, admit: () => ({ id: "anybody" }) };
    return new ShortServer(scene, messages, { name: "CURVE", server });
  }

  /** Serves until the attack is over. */
  async serve(): Promise<void> {
    await Promise.all(this.#listeners.map(async ({ listener, place }) => {
      for await (const tcp of listener) {
        void this.#talk(tcp, place).catch(() => this.#scene.count("visits cut short")).finally(() =>
          this.#scene.drop(tcp)
        );
      }
    }));
  }

  async #talk(tcp: Deno.TcpConn, { door }: Place): Promise<void> {
    const [reader, output] = [new FrameReader(), new OutputQueue()];
    const limits = limitsOf("none", 1, 1);
    const common = { connects: false, mechanism: this.#mechanism, limits, heartbeat: HEARTBEAT };
    const opening = new Opening({ ...common, socketType: TYPES[door] }, reader, output);
    const flush = async () => {
      for (let part = output.take(); part !== null; part = output.take()) {
        await writeAll(tcp, part);
        output.written();
      }
    };
    await flush();
    for (let done = opening.advance();; done = opening.advance()) {
      await flush();
      if (done !== null) {
        for (const frames of this.#messages) {
          frames.forEach((frame, at) => done!.codec.write(output, at < frames.length - 1 ? MORE : 0, frame));
        }
        await flush();
        this.#scene.count(`served at the ${door} port`);
        return;
      }
      const count = await tcp.read(reader.room());
      if (count === null) throw new Error("closed in the handshake");
      reader.filled(count);
    }
  }
}
