/** CURVE on libzmq's sockets, for clusters of both engines and for tests of one against the other. */
import type { Socket } from "zeromq";

/**
 * Own keys, and the public keys of the replicas by their roster ids. libzmq asks nobody whether a client's key is welcome unless a handler of ZAP
 * answers it, and there is none: these sockets prove who they are to others, and let in whoever knows their key.
 */
export interface ZmqCurve {
  readonly keys: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly replicas: ReadonlyMap<string, Uint8Array>;
}

/** Makes `socket` a server of CURVE, before it is bound. */
export function serveCurve(socket: Socket, curve: ZmqCurve | undefined): void {
  if (curve === undefined) return;
  socket.curveServer = true;
  socket.curveSecretKey = z85(curve.keys.secretKey);
}

/** Makes `socket` a client of the owner of `serverKey`, before it is connected. */
export function speakCurve(socket: Socket, curve: ZmqCurve | undefined, serverKey: Uint8Array): void {
  if (curve === undefined) return;
  socket.curveServerKey = z85(serverKey);
  socket.curvePublicKey = z85(curve.keys.publicKey);
  socket.curveSecretKey = z85(curve.keys.secretKey);
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** Returns bytes in the notation in which libzmq takes keys (RFC 32): five digits of base 85 for each four bytes. */
export function z85(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) throw new RangeError(`Z85 of ${bytes.length} bytes, want a multiple of 4`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let [value, group] = [view.getUint32(at), ""];
    for (let digit = 0; digit < 5; digit++) {
      group = DIGITS[value % 85] + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}
