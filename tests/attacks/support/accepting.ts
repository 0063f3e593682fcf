/** The server's side of a handshake with a member's key, made to say what it should not. */
import { unhex } from "../../../crypto/digest.ts";
import type { KeyFile } from "../../../crypto/keys/key_file.ts";
import { MORE } from "../../../transport/zmtp/connection/framing/frame_header.ts";
import { FrameReader } from "../../../transport/zmtp/connection/framing/frame_reader.ts";
import { OutputQueue } from "../../../transport/zmtp/connection/framing/output_queue.ts";
import type { Established } from "../../../transport/zmtp/connection/handshake/handshake.ts";
import { Opening } from "../../../transport/zmtp/connection/handshake/opening.ts";
import { loadCurveBox } from "../../../transport/zmtp/crypto/load_box.ts";
import { HEARTBEAT, limitsOf } from "../../../transport/zmtp/settings.ts";
import { writeAll } from "../../e2e/support/zmtp.ts";
import type { Behaviour } from "./impostor.ts";

const TYPES = { peer: "ROUTER", publish: "PUB", client: "ROUTER" } as const;

export type Messages = readonly (readonly Uint8Array[])[];

/** Returns the behaviour that shakes hands as the owner of `key`, says `messages` and closes. */
export async function saying(key: KeyFile, messages: Messages): Promise<Behaviour> {
  const box = await loadCurveBox();
  const keys = { publicKey: unhex(key.curvePublicKey), secretKey: unhex(key.curveSecretKey) };
  const mechanism = { name: "CURVE", server: { box, keys, admit: () => ({ id: "anybody" }) } } as const;
  const common = { connects: false, mechanism, limits: limitsOf("none", 1, 1), heartbeat: HEARTBEAT };
  return async (connection, door) => {
    const [reader, output] = [new FrameReader(), new OutputQueue()];
    const opening = new Opening({ ...common, socketType: TYPES[door] }, reader, output);
    const { codec } = await shakeHands(connection, opening, reader, output);
    for (const frames of messages) {
      frames.forEach((frame, place) => codec.write(output, place < frames.length - 1 ? MORE : 0, frame));
    }
    await flush(connection, output);
  };
}

async function shakeHands(
  ...[connection, opening, reader, output]: [Deno.Conn, Opening, FrameReader, OutputQueue]
): Promise<Established> {
  for (;;) {
    const established = opening.advance();
    await flush(connection, output);
    if (established !== null) return established;
    const count = await connection.read(reader.room());
    if (count === null) throw new Error("closed in the handshake");
    reader.filled(count);
  }
}

async function flush(connection: Deno.Conn, output: OutputQueue): Promise<void> {
  for (let part = output.take(); part !== null; part = output.take()) {
    await writeAll(connection, part);
    output.written();
  }
}
