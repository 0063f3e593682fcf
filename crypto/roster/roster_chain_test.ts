import { assertEquals, assertThrows } from "@std/assert";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster, newMemberKeys } from "../../tests/support/make_roster.ts";
import { fileSignedBy, signedBy, textSignedBy } from "../../tests/support/rosters/sign_rosters.ts";
import { ConfigError } from "../config_error.ts";
import { parseRosterFile, parseSignedRoster, type RosterFile } from "./parse_roster.ts";
import { faultOfSuccessor, requireSuccessor } from "./roster_chain.ts";
import type { Roster } from "./roster_types.ts";

const { roster, keys } = makeRoster();
const a = keys.get("operator")!;
const [b, c, stranger] = [newMemberKeys(), newMemberKeys(), newMemberKeys()];

const behind = ({ roster, digest }: Pick<RosterFile, "roster" | "digest">, changes: Partial<Roster> = {}): Roster => ({
  ...{ ...roster, epoch: roster.epoch + 1, previous: digest, ...changes },
});
/** The operators a, b and c, two of whom have to sign. */
const two = { operators: [b.publicKey, c.publicKey], operatorThreshold: 2 };
const one = signedBy(roster, a);
const several = signedBy(behind(one, two), a, b);

Deno.test("a roster follows one roster only: cluster, constants that stay, epoch and digest", () => {
  const next = signedBy(behind(one), a);
  const cases: readonly (readonly [RosterFile, Roster, string, string])[] = [
    [one, roster, "epoch", "given epoch 1, wanted 2"],
    [next, roster, "epoch", "given epoch 1, wanted 3"],
    [next, next.roster, "epoch", "given epoch 2, wanted 3"],
    [one, behind(one, { cluster: "x" }), "successor", "given cluster x, wanted test-cluster"],
    [one, behind(several, { epoch: 2 }), "previous", `given previous digest ${several.digest}, wanted ${one.digest}`],
    [one, behind(one, { allowPlaintext: true }), "successor", "given allowPlaintext true, wanted false"],
  ];
  const constants = [["profile", "crash", "byzantine"], ["sessionWindow", 126, "at least 128"]] as const;
  const changed = [...constants, ["sessionsPerClient", 7, "at least 8"] as const].map((
    [name, given, wanted],
  ): typeof cases[number] => [
    one,
    behind(one, { constants: { ...roster.constants, [name]: given } }),
    "successor",
    `given ${name} ${given}, wanted ${wanted}`,
  ]);
  for (const [before, after, refusal, text] of [...cases, ...changed]) {
    const fault = faultOfSuccessor(before, after, new Set([a.publicKey]));
    assertEquals([fault?.refusal, fault?.text.slice(0, text.length)], [refusal, text]);
  }
  const wider = { ...roster.constants, sessionWindow: 256, sessionsPerClient: 16, logTail: 1, fastReads: true };
  assertEquals(faultOfSuccessor(one, behind(one, { constants: wider }), new Set([a.publicKey])), null);
});

Deno.test("operators of the roster before have to sign, as many as it says, each counted once, and new ones too", () => {
  const signers = (...by: readonly { readonly publicKey: string }[]) => new Set(by.map(({ publicKey }) => publicKey));
  const rotated = behind(several, { operatorKey: stranger.publicKey, operators: [], operatorThreshold: 1 });
  const cases: readonly (readonly [RosterFile, Roster, ReadonlySet<string>, string | null])[] = [
    [one, behind(one), signers(), "the signatures of 0, wanted those of the operator of the roster before"],
    [one, behind(one), signers(stranger), "the signatures of 0"],
    [one, several.roster, signers(a), "the signatures of 1, wanted those of 2 of the 3 operators of the roster itself"],
    [
      one,
      several.roster,
      signers(b, c),
      "the signatures of 0, wanted those of the operator of the roster before",
    ],
    [one, several.roster, signers(a, c), null],
    [
      several,
      behind(several),
      signers(a),
      "the signatures of 1, wanted those of 2 of the 3 operators of the roster before",
    ],
    [several, behind(several), signers(b, c), `no signature of the new operatorKey ${a.publicKey}, wanted one`],
    [several, behind(several), signers(a, b), null],
    [several, rotated, signers(b, c), "the signatures of 0, wanted those of the operator of the roster itself"],
    [
      several,
      rotated,
      signers(c, stranger),
      "the signatures of 1, wanted those of 2 of the 3 operators of the roster before",
    ],
    [several, rotated, signers(b, c, stranger), null],
  ];
  for (const [before, after, by, text] of cases) {
    const fault = faultOfSuccessor(before, after, by);
    assertEquals(fault?.text.slice(6, 6 + (text?.length ?? 0)) ?? null, text);
    assertEquals(fault?.refusal ?? null, text === null ? null : "operators");
  }
});

Deno.test("a chain of files is checked by the signatures in them", () => {
  const next = signedBy(
    behind(several, { operatorKey: stranger.publicKey, operators: [], operatorThreshold: 1 }),
    b,
    c,
    stranger,
  );
  requireSuccessor(one, several);
  requireSuccessor(several, next);
  const alone = signedBy(next.roster, stranger);
  const error = assertThrows(() => requireSuccessor(several, alone), ConfigError);
  assertEquals(
    error.message,
    "roster behind epoch 2: given the signatures of 0, wanted those of 2 of the 3 operators of the roster before",
  );
});

Deno.test("a file holds the signatures of several operators; to be believed it needs as many as its roster says", () => {
  const text = textSignedBy(several.roster, a, b, stranger);
  const parsed = parseSignedRoster(text, a.publicKey, backend);
  assertEquals(new Set(parsed.signatures.keys()), new Set([a, b, stranger].map(({ publicKey }) => publicKey)));
  assertEquals(parsed.digest, several.digest);
  const too = (...by: readonly { readonly secretKey: string }[]) =>
    assertThrows(() => parseSignedRoster(textSignedBy(several.roster, ...by), null, backend), ConfigError).message;
  assertEquals(
    too(a, stranger),
    "$.signatures: given the signatures of 1, wanted those of 2 of the 3 operators (keygen sign --next)",
  );
  assertEquals(too(b, c), '$: given no field "signature", wanted the operator\'s signature (keygen sign)');
  assertEquals(fileSignedBy(several.roster).signatures.size, 0, "a file to be signed is read as one");
});

Deno.test("signatures that do not verify, twice the same key, or out of order are refused", () => {
  const file = JSON.parse(textSignedBy(several.roster, a, b, c));
  const [first, second] = file.signatures;
  const cases: readonly (readonly [unknown, string])[] = [
    [[second, first], "$.signatures[1].key: given"],
    [[first, first], "wanted keys in ascending order, each once"],
    [[{ ...first, signature: second.signature }], `wanted the signature of ${first.key} over this roster`],
    [[{ key: a.publicKey, signature: file.signature }], "wanted other operators than operatorKey"],
    [[{ ...first, more: 1 }], "unknown field"],
    [[], "given a list of 0, wanted a list of 1 to 31"],
    [{}, "given an object, wanted a list"],
  ];
  for (const [signatures, message] of cases) {
    assertThrows(() => parseRosterFile(JSON.stringify({ ...file, signatures }), backend), ConfigError, message);
  }
});

Deno.test("operators are keys that nobody else has, and no more have to sign than there are", () => {
  const cases: readonly (readonly [Partial<Roster>, string])[] = [
    [{ operators: [b.publicKey, b.publicKey] }, "another one than $.roster.operators[0]"],
    [{ operators: [a.publicKey] }, "another one than $.roster.operatorKey"],
    [{ operators: [roster.replicas[0]!.publicKey] }, "another one than $.roster.operators[0]"],
    [{ operators: Array.from({ length: 16 }, () => b.publicKey) }, "given a list of 16, wanted a list of 0 to 15"],
    [{ operators: ["00".repeat(33)] }, "wanted a compressed point of secp256k1"],
    [{ operatorThreshold: 2 }, "$.roster.operatorThreshold: given 2, wanted an integer from 1 to 1"],
    [{ operators: [b.publicKey], operatorThreshold: 0 }, "given 0, wanted an integer from 1 to 2"],
  ];
  for (const [change, message] of cases) {
    assertThrows(() => fileSignedBy({ ...roster, ...change }), ConfigError, message);
  }
});
