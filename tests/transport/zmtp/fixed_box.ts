import type { CurveBox } from "../../../transport/zmtp/crypto/curve_box.ts";
import { box } from "./connection_lab.ts";

/** Returns a box whose randomness is the same each time: what it once said it says again. For tests alone. */
export function fixedBox(seed: number): CurveBox {
  let state = seed >>> 0 || 1;
  const randomBytes = (length: number) =>
    new Uint8Array(length).map(() => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    });
  return {
    ...{ name: `fixed, with seed ${seed}`, randomBytes },
    makeKeyPair() {
      const secretKey = randomBytes(32);
      return { secretKey, publicKey: box.publicKeyOf(secretKey) };
    },
    publicKeyOf: (secretKey) => box.publicKeyOf(secretKey),
    sharedKey: (publicKey, secretKey) => box.sharedKey(publicKey, secretKey),
    series: (key, prefix) => box.series(key, prefix),
  };
}
