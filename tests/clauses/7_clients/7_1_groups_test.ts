/** §7.1: several commands under one signature. */
import { assertEquals } from "@std/assert";
import type { Answer } from "../../../protocol/message.ts";
import { decodeResults } from "../../../protocol/operations/group.ts";
import { decodeKvResult, encodeKvCommand, type KvCommand } from "../../../state_machine/mod.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, entryAfter, GENESIS, groupRequest, request } from "../support/forge.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const put = (value: string) => operation({ op: "put", key: "k", value: bytes(value) });
const append = (revision: number, value: string) => operation({ op: "cas", key: "k", revision, value: bytes(value) });
const get = () => operation({ op: "get", key: "k" });
const operation = (command: KvCommand) => ({
  mode: command.op === "get" ? "query" as const : "command" as const,
  command: encodeKvCommand(command),
});

/** Returns what each operation of a group of `count` was answered: the state of a write, the value of a read. */
function parts({ result }: Answer, count: number): string[] {
  return decodeResults(result, count)!.map((part) => {
    const decoded = decodeKvResult(part);
    return decoded?.status === "value" ? new TextDecoder().decode(decoded.value) : `${decoded?.status}`;
  });
}

Deno.test("§7.1f a group has one seq, is executed in its order, each operation on the state the one before left, and once", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const group = groupRequest(0, [get(), put("a"), get(), append(1, "b"), append(1, "c"), get()]);
  const chain = [entryAfter(GENESIS, 1, [group])];
  chain.push(entryAfter(endOf(chain), 1, [group, request(1, "d")]));
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  const answers = lab.replies.flatMap((reply) => reply.answers);
  assertEquals(answers.map(({ outcome, index }) => `${outcome}@${index}`), ["applied@1", "applied@1", "applied@2"]);
  const told = ["absent", "written", "a", "written", "refused", "b"];
  assertEquals([parts(answers[0]!, 6), parts(answers[1]!, 6)], [told, told]);
});
