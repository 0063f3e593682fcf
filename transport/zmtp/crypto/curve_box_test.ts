import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  type BoxSeries,
  type CurveBox,
  KEY_BYTES,
  MAC_BYTES,
  NONCE_BYTES,
  opened,
  PREFIX_BYTES,
  sealed,
} from "./curve_box.ts";
import { loadCurveBox } from "./load_box.ts";
import { nobleBox } from "./noble_box.ts";
import { loadSodiumBox } from "./sodium_box.ts";

/**
 * The worked example of "Cryptography in NaCl" (Bernstein, 2009), which NaCl's own tests use (`tests/box.c`); both are in the public domain. Its keys
 * are those of RFC 7748, section 6.1, too.
 */
const NACL = {
  alice: {
    secretKey: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    publicKey: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  },
  bob: {
    secretKey: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    publicKey: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  },
  sharedKey: "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389",
  nonce: "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37",
  plain:
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4" +
    "1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a0" +
    "89bc76897040e082f937763848645e0705",
  boxed:
    "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b" +
    "4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da9983" +
    "2b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5",
};
const bytes = (hex: string) => Uint8Array.fromHex(hex);
const BOXES: readonly CurveBox[] = [nobleBox, await loadSodiumBox()];

for (const box of BOXES) {
  Deno.test(`box (${box.name}): gives NaCl's published keys, key in common and box`, () => {
    for (const { secretKey, publicKey } of [NACL.alice, NACL.bob]) {
      assertEquals(box.publicKeyOf(bytes(secretKey)).toHex(), publicKey);
    }
    const key = box.sharedKey(bytes(NACL.bob.publicKey), bytes(NACL.alice.secretKey));
    assertEquals(key?.toHex(), NACL.sharedKey);
    assertEquals(sealed(box, key!, bytes(NACL.nonce), bytes(NACL.plain)).toHex(), NACL.boxed);
    assertEquals(opened(box, key!, bytes(NACL.nonce), bytes(NACL.boxed))?.toHex(), NACL.plain);
  });

  Deno.test(`box (${box.name}): opens nothing of which one bit was changed, nor with another key or nonce`, () => {
    const [key, nonce, boxed] = [bytes(NACL.sharedKey), bytes(NACL.nonce), bytes(NACL.boxed)];
    const flipped = (whole: Uint8Array, at: number) => whole.with(at, whole[at]! ^ 1);
    for (let at = 0; at < boxed.length; at++) assertEquals(opened(box, key, nonce, flipped(boxed, at)), null);
    for (let at = 0; at < NONCE_BYTES; at++) assertEquals(opened(box, key, flipped(nonce, at), boxed), null);
    for (let at = 0; at < KEY_BYTES; at++) assertEquals(opened(box, flipped(key, at), nonce, boxed), null);
    for (let length = 0; length < boxed.length; length += 7) {
      assertEquals(opened(box, key, nonce, boxed.subarray(0, length)), null);
    }
  });

  Deno.test(`box (${box.name}): two fresh pairs share a key, and a public key of small order shares none`, () => {
    const [one, other] = [box.makeKeyPair(), box.makeKeyPair()];
    assertNotEquals(one.secretKey, other.secretKey);
    const key = box.sharedKey(one.publicKey, other.secretKey);
    assertEquals(key?.length, KEY_BYTES);
    assertEquals(box.sharedKey(other.publicKey, one.secretKey), key);
    for (const small of [0, 1]) {
      assertEquals(box.sharedKey(new Uint8Array(KEY_BYTES).with(0, small), one.secretKey), null);
    }
  });
}

Deno.test("both boxes make the same bytes of messages of every size, in the middle of a buffer, and open each other's", () => {
  const [key, nonce] = [BOXES[0]!.randomBytes(KEY_BYTES), BOXES[0]!.randomBytes(NONCE_BYTES)];
  const series = BOXES.map((box) => box.series(key, nonce.subarray(0, PREFIX_BYTES)));
  const head = Uint8Array.of(1, 2);
  for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200, 255, 4096, 65_517, 65_534, 65_535, 300_000, 0]) {
    nonce[NONCE_BYTES - 1]!++;
    const body = new Uint8Array(length).map((_, place) => place * 7);
    const boxed = series.map((one) => {
      const buffer = new Uint8Array(length + head.length + MAC_BYTES + 8).fill(9);
      one.seal(nonce, head, body, buffer, 4);
      return buffer;
    });
    assertEquals(boxed[0], boxed[1], `${length} bytes`);
    assertEquals([...boxed[0]!.subarray(0, 4), ...boxed[0]!.subarray(-4)], Array(8).fill(9));
    for (const [place, one] of series.entries()) {
      const opened = new Uint8Array(2);
      const buffer = boxed[1 - place]!;
      const content = one.open(nonce, buffer, 4, length + head.length + MAC_BYTES, opened);
      assertEquals([content, opened], [body, head]);
      assert(content!.buffer !== buffer.buffer, "it has memory of its own");
      assertEquals(one.open(nonce, buffer, 4, MAC_BYTES + 1, opened), null);
    }
  }
});

Deno.test("series in turn use each its own key and prefix, however many there are", () => {
  const [one, other] = [0, 1].map(() => BOXES[0]!.randomBytes(KEY_BYTES)) as [Uint8Array, Uint8Array];
  const nonce = BOXES[0]!.randomBytes(NONCE_BYTES);
  const another = nonce.with(0, nonce[0]! ^ 1);
  const cases = [[one, nonce], [other, nonce], [one, another], [other, another]] as const;
  const [slow, fast] = BOXES.map((box) => cases.map(([key, at]) => box.series(key, at.subarray(0, PREFIX_BYTES))));
  const body = new Uint8Array(100).fill(5);
  const boxOf = (series: BoxSeries) => {
    const boxed = new Uint8Array(body.length + MAC_BYTES);
    series.seal(nonce, new Uint8Array(0), body, boxed, 0);
    return boxed;
  };
  for (let round = 0; round < 2; round++) assertEquals(fast!.map(boxOf), slow!.map(boxOf));
  assertEquals(new Set(fast!.map((series) => boxOf(series).toHex())).size, cases.length);
});

Deno.test("the fast box is the one that is used", async () => {
  assertEquals((await loadCurveBox()).name, BOXES[1]!.name);
});
