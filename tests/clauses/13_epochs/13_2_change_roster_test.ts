/** §13.2 ChangeRoster: what is a valid change, and what an entry may hold beside one. */
import { assertEquals } from "@std/assert";
import { changeOf, createChangeJudge } from "../../../crypto/roster/change_judge.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { clientId, logIndex } from "../../../protocol/ids.ts";
import { decodeChange, decodeChangeResult, encodeChange } from "../../../protocol/operations/change.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { backend } from "../../support/backends.ts";
import { EpochChain, epochIngress } from "../../support/epochs/epoch_lab.ts";
import { makeRoster } from "../../support/make_roster.ts";
import { openSessions } from "../../support/numbered_requests.ts";
import { commandOf, plainDigest, plainlyNext } from "../../support/rosters/plain_rosters.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";
import * as forge from "../support/forge.ts";
import { type Lab, requestInput } from "../support/lab.ts";
import { changeTo, FIRST, PEERS, SECOND, stopAfter, stopLab } from "./stop_lab.ts";

const { roster, keys } = makeRoster();
const operator = keys.get("operator")!;
const before = signedBy(roster, operator);
const next: Roster = { ...roster, epoch: 2, previous: before.digest, clients: roster.clients.slice(1) };
const command = changeOf(before, signedBy(next, operator));

Deno.test("§13.2a whether a change is valid rests on the roster in force and on its bytes, not on who asks, where or when", () => {
  for (const judge of [createChangeJudge(before, backend), createChangeJudge(before, backend)]) {
    assertEquals(judge.judge(command).next?.roster, next);
    assertEquals(judge.judge(command.slice()).next?.roster, next, "and once more");
  }
  const lab = stopLab();
  // Out of its session's window, and of one that never was: a stop-sign all the same.
  const odd = forge.changeRequest(900_000, commandOf(SECOND));
  lab.follow("r1", 1, [forge.entryAfter(forge.GENESIS, 1, [odd])]);
  const behind = forge.entryAfter(headOf(lab), 1, []);
  lab.receive(forge.appendEntries("r1", 1, [behind], { prev: headOf(lab), round: 2 }));
  assertEquals([lab.state.log.entries.length, faultOf(lab)], [1, "behind-a-stop-sign"]);
});

Deno.test("§13.2b epoch, digest before and signatures are looked at before the difference is", () => {
  let verified = 0;
  const counting: SignatureBackend = {
    ...backend,
    verify: (...claim) => {
      verified++;
      return backend.verify(...claim);
    },
  };
  const judge = createChangeJudge(before, counting);
  const change = decodeChange(command)!;
  const garbage = { ...change, difference: new Uint8Array(1000) };
  assertEquals(judge.judge(encodeChange({ ...garbage, epoch: 3 })).refusal, "epoch");
  assertEquals(judge.judge(encodeChange({ ...garbage, previous: change.signed })).refusal, "previous");
  assertEquals(verified, 0);
  const [{ key, signature }] = change.signatures as [typeof change.signatures[0]];
  const forged = { ...garbage, signatures: [{ key, signature: signature.map((byte) => byte ^ 1) }] };
  assertEquals([judge.judge(encodeChange(forged)).refusal, verified], ["signature", 1]);
  assertEquals(judge.judge(encodeChange(garbage)).refusal, "difference");
});

const headOf = ({ state: { log } }: Lab) => {
  const last = log.entries.at(-1)!;
  return { index: last.entry.index, hash: last.hash };
};
const faultOf = ({ state: { election } }: Lab) => election.leaderFault?.code ?? null;

Deno.test("§13.2c an entry that asks for a change, a valid one or not, and for anything else is not appended, and its leader suspected", () => {
  const invalid = changeTo({ ...SECOND, epoch: 3 }, 9);
  for (
    const requests of [
      [forge.request(2, "x"), changeTo(SECOND)],
      [changeTo(SECOND), changeTo(plainlyNext(FIRST), 8)],
      [forge.request(2, "x"), invalid],
      [invalid, forge.changeRequest(10, Uint8Array.of(1))],
    ]
  ) {
    const lab = stopLab();
    const { verdicts } = lab.follow("r1", 1, [forge.entryAfter(forge.GENESIS, 1, requests)]);
    assertEquals(verdicts.map(({ verdict }) => verdict), ["reject"]);
    assertEquals([lab.state.log.entries.length, faultOf(lab)], [0, "change-beside-others"]);
  }
});

Deno.test("§13.2c a leader proposes each alone, whatever else waits, and none behind a valid one", () => {
  const lab = stopLab();
  lab.lead(1);
  const others = [forge.request(2, "x"), forge.request(3, "y")];
  const changes = [forge.changeRequest(6, Uint8Array.of(1)), changeTo(SECOND), changeTo(plainlyNext(FIRST), 8)];
  lab.run([...others, ...changes].map((request) => requestInput(request)));
  lab.elapse(100);
  const sizes = lab.state.log.entries.map(({ entry }) => entry.requests!.length);
  assertEquals(sizes, [0, 2, 1, 1]);
  assertEquals(lab.state.requests.pool.size, 1, "the other change waits");
});

Deno.test("§13.2d §13.2e what is not valid is ordered and answered with what is wrong and what is in force", () => {
  const lab = stopLab();
  const late = changeTo({ ...SECOND, epoch: 3 }, 2);
  const unreadable = forge.changeRequest(3, Uint8Array.of(1, 2, 3));
  const chain = [forge.entryAfter(forge.GENESIS, 1, [late])];
  for (const request of [unreadable, forge.request(4, "x")]) {
    chain.push(forge.entryAfter(forge.endOf(chain), 1, [request]));
  }
  chain.push(stopAfter(forge.endOf(chain), 1));
  lab.follow("r1", 1, chain);
  lab.receive(...forge.reportsOf(PEERS, 1, forge.endOf(chain)));
  lab.elapse(50);
  const results = lab.replies.flatMap(({ answers }) => answers).map(({ result }) => decodeChangeResult(result));
  const [inForce, following] = [{ epoch: 1, digest: plainDigest(FIRST) }, { epoch: 2, digest: plainDigest(SECOND) }];
  assertEquals(results.filter((result) => result !== null), [
    { refusal: "epoch", ...inForce },
    { refusal: "malformed", ...inForce },
    { refusal: null, ...following },
  ]);
  assertEquals(lab.state.evidence, []);
});

Deno.test("§13.2f no stop-sign stands where a checkpoint is due anyway: a no-op goes before it, and a follower takes none there", () => {
  const constants = { checkpointEvery: 2 };
  const leader = stopLab({ constants });
  leader.lead(1); // its no-op is entry 1
  leader.run([requestInput(changeTo(SECOND))]);
  assertEquals(leader.state.log.entries.map(({ entry }) => entry.requests!.length), [0, 0, 1]);
  const follower = stopLab({ constants });
  follower.follow("r1", 1, [forge.entryAfter(forge.GENESIS, 1, [])]);
  follower.receive(
    forge.appendEntries("r1", 1, [stopAfter(headOf(follower), 1)], { prev: headOf(follower), round: 2 }),
  );
  assertEquals([follower.state.log.entries.length, faultOf(follower)], [1, "stop-sign-at-a-checkpoint"]);
});

Deno.test("§13.2g what a client asks for of these, and what a peer passes on, is taken within a rate, and judged before the core is handed it", () => {
  const chain = new EpochChain();
  const { changeBurst, changesPerSecond } = INGRESS_LIMITS;
  const lab = epochIngress(chain, 1);
  openSessions(lab.state.sessions, [clientId("c1"), clientId("c2")]);
  lab.state.appliedIndex = logIndex(1);
  const asked = (client: string, now: number) =>
    Array.from({ length: 20 }, (_, i) => chain.requestOf(client, Uint8Array.of(i), 2 + i))
      .filter((signed) => lab.send(client, "client", { kind: "SendRequest", signed }, now) !== null).length;
  assertEquals([asked("c1", 0), asked("c1", 0), asked("c2", 0)], [changeBurst, 0, changeBurst]);
  assertEquals(asked("c1", 10_000), 10 * changesPerSecond);
  lab.state.view.role = "leader";
  const passed = Array.from({ length: 20 }, (_, i) => chain.requestOf("c2", Uint8Array.of(i), 2 + i))
    .filter((signed) => lab.send("r2", "peer", { kind: "ForwardedRequest", signed }) !== null).length;
  assertEquals([passed, lab.muted], [changeBurst, []]);
});
