/** §7.4: queries that go through the log. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { Rebuilt } from "../../../client/backup/rebuild.ts";
import { sha256Hex } from "../../../crypto/digest.ts";
import { logIndex } from "../../../protocol/ids.ts";
import type { Answer, SendRequest } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { applyRequest } from "../../../protocol/snapshot/session_table.ts";
import { decodeKvResult, KvStore } from "../../../state_machine/mod.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import { executing, NO_CHANGES } from "../../support/executors.ts";
import { ElectionLab } from "../support/election_lab.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

/** A command's bytes, asked as a query. */
const PUT_ASKED = forge.query(3, "c1", forge.request(3, "asked").message.command);

/** Returns a follower that has committed these requests in one entry, and its answers. */
function committed(...requests: readonly Signed<SendRequest>[]): { readonly lab: ElectionLab; answers: Answer[] } {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const chain = [forge.entryAfter(forge.GENESIS, 1, requests)];
  lab.append(forge.GENESIS, chain);
  lab.commit(forge.endOf(chain));
  return { lab, answers: lab.replies.splice(0).flatMap(({ answers }) => answers) };
}

const valueIn = ({ result }: Answer): string => {
  const decoded = decodeKvResult(result);
  return decoded?.status === "value" ? new TextDecoder().decode(decoded.value) : `${decoded?.status}`;
};

Deno.test("§7.4d an ordered query is answered from the state at its place among the commands of its entry", () => {
  const { answers } = committed(
    forge.query(0),
    forge.request(1, "a"),
    forge.query(2),
    forge.request(3, "b"),
    forge.query(4),
  );
  assertEquals(answers.map(({ outcome, index }) => `${outcome}@${index}`), Array(5).fill("applied@1"));
  assertEquals(answers.map(valueIn), ["absent", "written", "a", "written", "b"]);
});

Deno.test("§7.4d no query reaches apply, and none changes the state: the bytes of a write, asked, write nothing", () => {
  const machine = new KvStore();
  const { sessions } = new Lab().state;
  const order = ({ message, body }: Signed<SendRequest>, index: number) =>
    applyRequest(sessions, message, sha256Hex(body), logIndex(index), {
      apply: (command, context) => {
        assertEquals(message.mode, "command", "a query reached apply");
        return machine.apply(command, context);
      },
      query: (query, context) => machine.query(query, context),
      change: (command) => executing(machine).change(command),
      access: () => null,
    });
  order(forge.request(0, "kept"), 1);
  const before = machine.digest();
  const answers = [forge.query(1), PUT_ASKED, forge.query(4, "c1", new Uint8Array(3))].map(order);
  assertEquals(answers.map(valueIn), ["kept", "not-a-query", "malformed"]);
  assertEquals(machine.digest(), before);
});

Deno.test("§7.4d a query is a request like any other: it uses up its seq, and is answered again as the first time", () => {
  const asked = forge.query(0);
  const { lab, answers } = committed(asked, forge.request(1, "later"), asked);
  assertEquals(answers.map(valueIn), ["absent", "written", "absent"]);
  assertEquals(lab.request(asked, true), "settled");
  assertEquals(lab.replies.flatMap((reply) => reply.answers.map(valueIn)), ["absent"]);
});

Deno.test("§7.4d its client signs which of the two it is: the other one of the same bytes is another request", () => {
  const write = forge.request(3, "asked");
  assertEquals(write.message.command, PUT_ASKED.message.command);
  assertNotEquals(encodeMessage(write.message), encodeMessage(PUT_ASKED.message));
  for (const twins of [[write, PUT_ASKED], [PUT_ASKED, write]]) {
    const { answers } = committed(...twins);
    assertEquals(answers.map(({ outcome }) => outcome), ["applied", "conflict"]);
    assertEquals(answers.map(({ request }) => request), twins.map(({ body }) => sha256Hex(body)));
  }
});

Deno.test("§7.4d a restart answers it from the log again, with the same result and no change", () => {
  const { lab, answers } = committed(forge.request(0, "a"), forge.query(1), PUT_ASKED);
  const commands = [forge.request(0, "a"), forge.query(1), PUT_ASKED];
  lab.elapse(CONSTANTS.heartbeatMs); // by then its commit index is durable
  lab.restart();
  lab.elapse(100);
  for (const each of commands) lab.request(each, true);
  assertEquals(lab.replies.flatMap((reply) => reply.answers), answers);
});

Deno.test("§7.4d a backup's state is rebuilt by the same rule", () => {
  const machine = new KvStore();
  const genesis = { ...forge.GENESIS, epoch: 1, stateDigest: null };
  const rebuilt = new Rebuilt(machine, NO_CHANGES, { genesis, isProven: true, rosters: "epoch 1" }, CONSTANTS, 2);
  const opens = forge.entryAfter(forge.GENESIS, 1, [forge.register(0)]);
  const asks = forge.entryAfter(forge.endOf([opens]), 1, [forge.request(0, "a"), forge.query(1), PUT_ASKED]);
  for (const { entry } of [opens, asks]) rebuilt.apply(entry);
  assertEquals([machine.revision, machine.size], [1, 1]);
});
