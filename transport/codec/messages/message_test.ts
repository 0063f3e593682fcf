import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Message, MessageKind } from "../../../protocol/message.ts";
import { messages } from "../../../tests/support/arbitraries.ts";
import {
  assertCanonical,
  assertCutsRefused,
  assertMutationsCanonical,
  assertRoundTrip,
  type Direction,
} from "../../../tests/support/canonical_laws.ts";
import { DecodeError, decodeMessage, encodeMessage, KIND_BYTES } from "../mod.ts";

const KINDS = Object.keys(messages) as MessageKind[];

const direction = (kind: MessageKind): Direction<Message> => ({
  encode: (message) => [encodeMessage(message)],
  decode: ([body]) => decodeMessage(kind, body!),
});

const arbitrary = (kind: MessageKind): fc.Arbitrary<Message> => messages[kind];

for (const kind of KINDS) {
  Deno.test(`${kind}: every value comes back equal from its one encoding`, () => {
    fc.assert(fc.property(arbitrary(kind), (message) => assertRoundTrip(direction(kind), message)), { numRuns: 100 });
  });

  Deno.test(`${kind}: a body cut anywhere or with a byte more is refused`, () => {
    fc.assert(
      fc.property(arbitrary(kind), (message) => assertCutsRefused(direction(kind), [encodeMessage(message)])),
      { numRuns: 10 },
    );
  });

  Deno.test(`${kind}: a changed byte is refused or is another value's one encoding`, () => {
    fc.assert(
      fc.property(arbitrary(kind), (message) => {
        const refused = assertMutationsCanonical(direction(kind), [encodeMessage(message)]);
        assert(refused >= 10, "at least every change of version and kind is refused");
      }),
      { numRuns: 8 },
    );
  });

  Deno.test(`${kind}: garbage throws nothing but DecodeError`, () => {
    const garbage = fc.uint8Array({ maxLength: 400 });
    fc.assert(fc.property(garbage, fc.boolean(), (bytes, headed) => {
      if (headed && bytes.length > 1) bytes.set([1, KIND_BYTES[kind]]);
      assertCanonical(direction(kind), [bytes]);
    }));
  });

  Deno.test(`${kind}: no other kind's decoder takes its body, so a signature never changes its meaning`, () => {
    const body = encodeMessage(fc.sample(arbitrary(kind), { seed: 1, numRuns: 1 })[0]!);
    for (const other of KINDS.filter((name) => name !== kind)) {
      const error = assertThrows(() => decodeMessage(other, body), DecodeError);
      assertEquals(error.code, "wrong-kind");
    }
  });
}

Deno.test("unknown versions and kinds are refused by name of the field", () => {
  const body = encodeMessage(fc.sample(messages.PreVote, { seed: 1, numRuns: 1 })[0]!);
  const refusal = (at: number, value: number): DecodeError =>
    assertThrows(() => decodeMessage("PreVote", body.with(at, value)), DecodeError);
  for (const version of [0, 1, 255]) assertEquals(refusal(0, version).code, "unknown-version");
  for (const kind of [0, 34, 200, 255]) assertEquals(refusal(1, kind).code, "unknown-kind");
  assertEquals(refusal(1, KIND_BYTES.Vote).code, "wrong-kind");
  assertEquals(refusal(1, KIND_BYTES.Vote).where, "PreVote.kind at byte 2");
});

Deno.test("kind bytes are all different", () => {
  const bytes = Object.values(KIND_BYTES);
  assertEquals(new Set(bytes).size, bytes.length);
});
