import { assertEquals, assertThrows } from "@std/assert";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster, newMemberKeys } from "../../tests/support/make_roster.ts";
import { addressAt, newRequest, signedBy } from "../../tests/support/rosters/sign_rosters.ts";
import { ConfigError } from "../config_error.ts";
import type { KeyRequest } from "./key_request.ts";
import { requireSuccessor } from "./roster_chain.ts";
import {
  addClient,
  addMember,
  editedRoster,
  moveReplica,
  removeReplica,
  replaceReplica,
  revokeClient,
  type RosterEdit,
  rotateKeys,
  setConstants,
  setOperators,
} from "./roster_edits.ts";
import type { Roster } from "./roster_types.ts";

/** Of five, so that the two that each epoch leaves as they are stay beside all that is changed at once (§13.1d). */
const { roster, keys } = makeRoster({ replicas: 5 });
const operator = keys.get("operator")!;
const first = signedBy(roster, operator);
const edit = (...edits: readonly RosterEdit[]): Roster =>
  edits.reduce((from, each) => editedRoster(first, from, each, backend), first.roster);
const ask = (id: string, kind: KeyRequest["kind"]) => newRequest(roster, id, kind);
const ids = (members: readonly { readonly id: string }[]) => members.map(({ id }) => id).join(" ");

Deno.test("each edit changes what it says and nothing else, and the outcome follows", () => {
  const [r6, r7, c3, r2, c1] = [
    ...[ask("r6", "replica"), ask("r7", "replica"), ask("c3", "client"), ask("r2", "replica"), ask("c1", "client")],
  ] as const;
  const made = edit(
    ...[addMember(r6), addClient(c3), removeReplica("r3"), replaceReplica("r1", r7), rotateKeys("r2", r2)],
    ...[rotateKeys("c1", c1), revokeClient("c2"), moveReplica("r4", { host: "new.example", peerPort: 9000 })],
    setConstants({ logTail: 7, fastReads: true }),
  );
  assertEquals([made.epoch, made.previous], [2, first.digest]);
  assertEquals([ids(made.replicas), ids(made.clients)], ["r7 r2 r4 r5 r6", "c1 c3"]);
  assertEquals(made.constants, { ...roster.constants, logTail: 7, fastReads: true });
  const [, now2, now4] = made.replicas;
  assertEquals(now2, { ...roster.replicas[1]!, publicKey: r2.publicKey, curveKey: r2.curveKey }, "its address stays");
  assertEquals(now4, { ...roster.replicas[3]!, host: "new.example", peerPort: 9000 });
  assertEquals(made.clients[0]!.publicKey, c1.publicKey);
  requireSuccessor(first, signedBy(made, operator));
});

Deno.test("operators are set and rotated", () => {
  const [b, c, next] = [newMemberKeys(), newMemberKeys(), newMemberKeys()];
  const of = (own: typeof b) => newRequest(roster, "operator", "operator", own);
  const made = edit(setOperators([of(b), of(c)], 2), rotateKeys("operator", of(next)));
  assertEquals([made.operatorKey, made.operatorCurveKey], [next.publicKey, next.curvePublicKey]);
  assertEquals([made.operators, made.operatorThreshold], [[b.publicKey, c.publicKey], 2]);
  requireSuccessor(first, signedBy(made, operator, next, b));
});

const others = makeRoster().roster;
const single = (edits: RosterEdit): Roster => {
  const { roster, keys } = makeRoster({ replicas: 1, clients: 0 });
  return editedRoster(signedBy(roster, keys.get("operator")!), roster, edits, backend);
};
const listed = roster.replicas[0]!;
const sameAs = (
  id: string,
  line: { readonly publicKey: string; readonly curveKey: string },
  kind: KeyRequest["kind"],
) => ({ ...ask(id, kind), publicKey: line.publicKey, curveKey: line.curveKey }) as KeyRequest;
const operatorB = newRequest(roster, "operator", "operator");
const full = Array.from({ length: 60 }, (_, i) => addMember(ask(`many${i}`, "replica")));

/** Impossible edits, and what is said of them. */
type Cases = readonly (readonly [() => Roster, string])[];

Deno.test("every impossible change of replicas is refused by name", () => {
  const cases: Cases = [
    [() => single(removeReplica("r1")), "replica r1: given the last one, wanted a roster that has a replica"],
    [
      () => edit(removeReplica("r9")),
      "replica r9: given an id that the roster does not list, wanted one of its replicas: r1, r2",
    ],
    [() => edit(removeReplica("c1")), "replica c1: given an id that the roster does not list"],
    [
      () => edit(...["r1", "r2", "r3", "r4"].map(removeReplica)),
      "roster behind epoch 1: given replicas that stay with both keys 1, wanted at least 2: change the others in a next",
    ],
    [() => edit(removeReplica("r1"), removeReplica("r1")), "replica r1: given an id that the roster does not list"],
    [() => edit(addMember(ask("r1", "replica"))), "request of replica r1: given an id that the roster lists already"],
    [() => edit(addMember(ask("c1", "replica"))), "request of replica c1: given an id that the roster lists already"],
    [() => edit(addMember(sameAs("r9", listed, "replica"))), `given the public key ${listed.publicKey} a second time`],
    [
      () =>
        edit(
          moveReplica("r2", addressAt("x")),
          addMember({ ...ask("x", "replica"), address: addressAt("X") } as KeyRequest),
        ),
      "given the address x port 1 a second time",
    ],
    [() => edit(...full), "given a list of 65, wanted a list of 1 to 64"],
    [
      () => edit(addMember(operatorB)),
      "request of operator operator: given keys of kind operator, wanted those of a replica",
    ],
    [
      () => edit(addClient(ask("r9", "replica"))),
      "request of replica r9: given keys of kind replica, wanted those of kind client",
    ],
    [
      () => edit(replaceReplica("r1", ask("r1", "replica"))),
      "request of replica r1: given an id that the roster lists already",
    ],
    [() => edit(replaceReplica("r9", ask("r8", "replica"))), "replica r9: given an id that the roster does not list"],
    [() => edit(replaceReplica("r1", ask("c9", "client"))), "request of client c9: given keys of kind client"],
    [() => edit(moveReplica("r1", {})), "replica r1: given the address that it has, wanted another"],
    [() => edit(moveReplica("r1", { host: "0.0.0.0" })), '$.roster.replicas[0].host: given "0.0.0.0"'],
    [() => edit(moveReplica("r1", { host: "r2", peerPort: 7003 })), "given the address r2 port 7003 a second time"],
  ];
  for (const [impossible, message] of cases) assertThrows(impossible, ConfigError, message);
});

Deno.test("every impossible change of keys, clients, constants and operators is refused by name", () => {
  const cases: Cases = [
    [() => edit(rotateKeys("r2", ask("r3", "replica"))), "request of replica r3: given the id r3, wanted r2"],
    [() => edit(rotateKeys("r9", ask("r9", "replica"))), "replica r9: given an id that the roster does not list"],
    [() => edit(rotateKeys("c1", ask("c1", "replica"))), "replica c1: given an id that the roster does not list"],
    [
      () => edit(rotateKeys("r1", sameAs("r1", listed, "replica"))),
      "replica r1: given the keys that it has, wanted new ones",
    ],
    [
      () => edit(rotateKeys("operator", newRequest(roster, "operator", "operator", operator))),
      "the operator: given the key",
    ],
    [
      () => edit(revokeClient("c9")),
      "client c9: given an id that the roster does not list, wanted one of its clients: c1, c2",
    ],
    [() => edit(revokeClient("r1")), "client r1: given an id that the roster does not list"],
    [() => single(revokeClient("c1")), "wanted one of its clients: none"],
    [() => edit(setConstants({ logTial: 1 })), "logTial: given a constant that there is not, wanted one of profile"],
    [() => edit(setConstants({ logTail: 0 })), "$.roster.constants.logTail: given 0, wanted an integer from 1"],
    [
      () => edit(setConstants({ sessionWindow: 2, sessionsPerClient: 1 })),
      "given sessionWindow 2, wanted at least 128",
    ],
    [() => edit(setConstants({ profile: "crash" })), "given profile crash, wanted byzantine: it stays for ever"],
    [() => edit(setOperators([operatorB], 3)), "$.roster.operatorThreshold: given 3, wanted an integer from 1 to 2"],
    [
      () => edit(setOperators([ask("c9", "client")], 1)),
      "request of client c9: given keys of kind client, wanted those of kind",
    ],
    [
      () => edit(addMember(newRequest({ ...roster, cluster: "x" }, "r9", "replica"))),
      "given one for cluster x, wanted one for",
    ],
    [() => edit(addMember(newRequest(others, "r9", "replica"))), `given one that pins operator ${others.operatorKey}`],
  ];
  for (const [impossible, message] of cases) assertThrows(impossible, ConfigError, message);
});
