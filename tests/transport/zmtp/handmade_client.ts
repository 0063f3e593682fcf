/** A client of CURVE made by hand, that puts what it likes into its INITIATE. */
import { Connection } from "../../../transport/zmtp/connection/connection.ts";
import { nonceOf } from "../../../transport/zmtp/connection/curve/nonce.ts";
import { metadata } from "../../../transport/zmtp/connection/handshake/metadata.ts";
import { type KeyPair, opened, sealed } from "../../../transport/zmtp/crypto/curve_box.ts";
import * as lab from "./connection_lab.ts";
import { bytes, commandFrame, greetingOf, uint64 } from "./hostile_lab.ts";

/** Lies of a client; left out, it is honest in that point. */
export interface Lies {
  readonly metadata?: Uint8Array;
  /** Shown as its permanent key, and the pair that vouches. */
  readonly shownKey?: Uint8Array;
  readonly vouchKeys?: KeyPair;
  readonly vouchedTransient?: Uint8Array;
  readonly vouchedServer?: Uint8Array;
}

/** Returns a server that has read the client's INITIATE. */
export function initiated(lies: Lies): Connection {
  const { box } = lab;
  const server = new Connection(lab.optionsOf("CURVE", false), 0);
  lab.fed(server, greetingOf("CURVE"));
  const transient = box.makeKeyPair();
  const helloKey = box.sharedKey(lab.SERVER_KEYS.publicKey, transient.secretKey)!;
  const proof = sealed(box, helloKey, nonceOf("CurveZMQHELLO---", uint64(1n)), new Uint8Array(64));
  lab.written(server);
  lab.fed(server, commandFrame("HELLO", 1, 0, new Uint8Array(72), transient.publicKey, uint64(1n), proof));
  const welcome = lab.written(server).subarray(2 + 8);
  const content = opened(box, helloKey, nonceOf("WELCOME-", welcome.subarray(0, 16)), welcome.subarray(16))!;
  const [transientKey, cookie] = [content.subarray(0, 32), content.subarray(32)];
  const inside = bytes(
    lies.shownKey ?? lab.CLIENT_KEYS.publicKey,
    vouch(lies, transientKey, transient.publicKey),
    lies.metadata ?? metadata("DEALER"),
  );
  const key = box.sharedKey(transientKey, transient.secretKey)!;
  const boxed = sealed(box, key, nonceOf("CurveZMQINITIATE", uint64(2n)), inside);
  lab.fed(server, commandFrame("INITIATE", cookie, uint64(2n), boxed));
  return server;
}

function vouch(lies: Lies, serverTransient: Uint8Array, ownTransient: Uint8Array): Uint8Array {
  const { box } = lab;
  const nonce = box.randomBytes(16);
  const key = box.sharedKey(serverTransient, (lies.vouchKeys ?? lab.CLIENT_KEYS).secretKey)!;
  const vouched = bytes(lies.vouchedTransient ?? ownTransient, lies.vouchedServer ?? lab.SERVER_KEYS.publicKey);
  return bytes(nonce, sealed(box, key, nonceOf("VOUCH---", nonce), vouched));
}
