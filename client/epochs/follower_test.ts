import { assertEquals } from "@std/assert";
import { changeOf } from "../../crypto/roster/change_judge.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { createSigner } from "../../crypto/signing/signing.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import { clientId, logIndex, replicaId, seq } from "../../protocol/ids.ts";
import type { GetEpochs } from "../../protocol/message.ts";
import { endOf, FakeEpochs, sealed, successorOf } from "../../tests/client/fake_epochs.ts";
import { newFakeRoster } from "../../tests/client/fake_roster.ts";
import { decodeClientPacket, encodePacket, epochsAnswerCodec } from "../../transport/codec/mod.ts";
import { ASK_EVERY_MS, EpochFollower } from "./follower.ts";

const { roster, keys } = newFakeRoster({});
const first = new FakeEpochs(roster, keys).newest;
const second = successorOf(first, {}, keys.get("operator")!);
const third = successorOf(second, {}, keys.get("operator")!);
const signerOf = (id: string) => createSigner(nobleBackend, Uint8Array.fromHex(keys.get(id)!.secretKey), "fake");

function endTo(before: SignedRoster, next: SignedRoster): EpochEnd {
  const request = sealed(
    signerOf("c1"),
    {
      ...{ kind: "SendRequest", client: clientId("c1"), session: logIndex(1), seq: seq(1), floor: seq(1) },
      ...{ mode: "roster", command: changeOf(before, next) },
    } as const,
  );
  return endOf(before, request, 10 * before.roster.epoch, ["r1", "r2", "r3"].map((id) => keys.get(id)!));
}
const ENDS = [endTo(first, second), endTo(second, third)];

/** A follower that stands in an epoch, and what it asks and adopts. */
class Lab {
  now = 0;
  current = first;
  readonly asked: [replica: string, question: GetEpochs][] = [];
  readonly adopted: string[][] = [];
  readonly follower = new EpochFollower({
    client: clientId("c1"),
    signer: signerOf("c1"),
    backend: nobleBackend,
    outlet: {
      toOne: (replica, frames) => {
        const { signed: { message } } = decodeClientPacket(frames);
        this.asked.push([replica, message as GetEpochs]);
      },
      toAll: () => {},
    },
    now: () => this.now,
    drawNonce: () => 100 + this.asked.length,
    current: () => this.current,
    adopt: (steps) => {
      this.adopted.push(steps.map(({ next }) => next.digest));
      this.current = steps.at(-1)!.next;
    },
  });

  /** Takes an answer with these ends, signed by nobody in particular, from a replica that says it is in `epoch`. */
  hear(replica: string, epoch: number, nonce = 7, payload = epochsAnswerCodec.encode([]), ok = true): boolean {
    const message = { kind: "QueryReply", replica: replicaId(replica), client: "c1", nonce, ok, payload } as const;
    return this.follower.take(
      replica,
      encodePacket({ kind: "QueryReply", signed: sealed(signerOf("r4"), message) }, epoch),
    );
  }

  show(replica: string, epoch: number, nonce: number, ends: readonly EpochEnd[]): boolean {
    return this.hear(replica, epoch, nonce, epochsAnswerCodec.encode(ends));
  }
}

Deno.test("§13.12 what is of an earlier epoch goes no further, what is of the client's own does", () => {
  const lab = new Lab();
  lab.current = second;
  assertEquals([lab.hear("r1", 1), lab.hear("r1", 2)], [true, false]);
  assertEquals(lab.follower.take("r1", [new Uint8Array(3)]), false, "the inbox counts what is malformed");
  assertEquals(lab.asked, []);
});

Deno.test("§13.12 what is of a later epoch has that replica asked for the ends from the client's own on, and they are followed", () => {
  const lab = new Lab();
  assertEquals(lab.hear("r2", 3), true);
  const question = { kind: "GetEpochs", client: clientId("c1"), nonce: 100, epoch: 1 } as const;
  assertEquals(lab.asked, [["r2", question]]);
  assertEquals(lab.show("r2", 3, 100, ENDS), true);
  assertEquals(lab.adopted, [[second.digest, third.digest]]);
  assertEquals(lab.hear("r2", 3), false);
  assertEquals(lab.hear("r2", 4), true);
  assertEquals(
    lab.asked.slice(1),
    [["r2", { ...question, nonce: 101, epoch: 3 }]],
    "the next epoch may follow at once",
  );
});

Deno.test("§13.12 an answer counts once, from the replica that was asked, to the question that it was asked", () => {
  const lab = new Lab();
  assertEquals(lab.show("r2", 3, 100, ENDS), true);
  assertEquals(lab.asked.length, 1, "nobody had asked");
  for (const [replica, nonce] of [["r2", 99], ["r3", 100]] as const) lab.show(replica, 3, nonce, ENDS);
  lab.hear("r2", 3, 100, epochsAnswerCodec.encode(ENDS), false);
  assertEquals(lab.adopted, []);
  lab.show("r2", 3, 100, ENDS.slice(1));
  lab.show("r2", 3, 100, ENDS);
  assertEquals(lab.adopted, [], "it had answered with what leads nowhere");
  lab.now = ASK_EVERY_MS;
  lab.hear("r2", 3);
  lab.show("r2", 3, lab.asked.at(-1)![1].nonce, ENDS);
  assertEquals(lab.adopted.length, 1);
});

Deno.test("§13.12 each replica is asked once a second, however much it sends", () => {
  const lab = new Lab();
  for (let i = 0; i < 50; i++) {
    lab.hear("r1", 9);
    lab.hear("r2", 9, 100 + i, Uint8Array.of(i));
  }
  assertEquals(lab.asked.map(([replica]) => replica), ["r1", "r2"]);
  lab.now = ASK_EVERY_MS;
  lab.follower.ask();
  assertEquals(lab.asked.slice(2).map(([replica]) => replica), ["r1", "r2", "r3", "r4"]);
});
