import type { CurveBox, KeyPair } from "../../crypto/curve_box.ts";

/** Judgement on a client's permanent key: its owner's name, or the reason that it is told in an ERROR. */
export type Admission = { readonly id: string } | { readonly reason: string };

/** The side that others connect to with its key in hand. */
export interface CurveServerOptions {
  readonly box: CurveBox;
  readonly keys: KeyPair;
  admit(publicKey: Uint8Array): Admission;
}

/** The side that connects. */
export interface CurveClientOptions {
  readonly box: CurveBox;
  readonly keys: KeyPair;
  readonly serverKey: Uint8Array;
  /** The name of who has that key. */
  readonly serverId: string;
}
