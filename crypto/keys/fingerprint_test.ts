import { assert, assertEquals } from "@std/assert";
import { type Fingerprinted, fingerprintOf, readable } from "./fingerprint.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MEMBER: Fingerprinted = { cluster: "x", kind: "replica", id: "r1", publicKey: "02aa", curveKey: "bb" };

Deno.test("a digest is read from its highest bits on, five at a time", () => {
  assertEquals(readable(new Uint8Array(32)), "00000-00000-00000-00000-00000");
  assertEquals(readable(new Uint8Array(32).fill(255)), "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ");
  // 00001 00010 00011 00100 …: the characters of the alphabet in their order.
  const bits = Array.from({ length: 25 }, (_, i) => (i + 1).toString(2).padStart(5, "0")).join("").padEnd(256, "0");
  const bytes = Uint8Array.from(bits.match(/.{8}/g)!, (byte) => parseInt(byte, 2));
  assertEquals(readable(bytes).replaceAll("-", ""), ALPHABET.slice(1, 26));
});

Deno.test("every part of a member changes its fingerprint, and none can move into the next", () => {
  const others: readonly Partial<Fingerprinted>[] = [
    ...[{ cluster: "y" }, { kind: "client" }, { id: "r2" }, { publicKey: "03aa" }, { curveKey: "bc" }] as const,
    { id: "r", publicKey: "102aa" },
    { publicKey: "02aab", curveKey: "b" },
  ];
  const prints = [MEMBER, ...others.map((change) => ({ ...MEMBER, ...change }))].map(fingerprintOf);
  assertEquals(new Set(prints).size, prints.length);
  for (const print of prints) assert(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/.test(print), print);
  assertEquals(fingerprintOf({ ...MEMBER, extra: 1 } as Fingerprinted), prints[0]);
});
