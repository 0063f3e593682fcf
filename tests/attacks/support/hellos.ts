/** Valid HELLOs of CURVE: whoever has the roster, which is no secret, can make them. */
import { unhex } from "../../../crypto/digest.ts";
import { CurveClientHandshake } from "../../../transport/zmtp/connection/curve/curve_client_handshake.ts";
import { loadCurveBox } from "../../../transport/zmtp/crypto/load_box.ts";
import { frame } from "../../transport/zmtp/hostile_lab.ts";
import type { Scene } from "./scene.ts";

const COMMAND = 4;

/** Returns a function that gives the frame of a genuine HELLO to a replica: always the same, which costs the replica as much as a new one. */
export async function hellos({ roster }: Scene): Promise<(replica: string) => Uint8Array> {
  const box = await loadCurveBox();
  const keys = box.makeKeyPair();
  const made = new Map<string, Uint8Array>(roster.replicas.map(({ id, curveKey }) => {
    const handshake = new CurveClientHandshake({ box, keys, serverKey: unhex(curveKey), serverId: id }, "DEALER", 1024);
    return [id, frame(COMMAND, handshake.start())];
  }));
  return (replica) => made.get(replica)!;
}
