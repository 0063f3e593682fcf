import { assertEquals } from "@std/assert";
import { replicaId } from "../../protocol/ids.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import type { Storage } from "../storage/port.ts";
import { Activation } from "./activation.ts";
import { OperatorHandler } from "./operator_handler.ts";

/** The operator handler of `r1`, with its answers and notifications. */
function operatorLab() {
  const meta = new Map<string, string>();
  const storage: Pick<Storage, "getMeta" | "setMeta"> = {
    getMeta: (key) => meta.get(key) ?? null,
    setMeta: (key, value) => void meta.set(key, value),
  };
  const disk = { refused: false };
  const answers: string[] = [];
  const told: boolean[] = [];
  const operator = new OperatorHandler({
    activation: new Activation(replicaId("r1"), storage as Storage, () => disk.refused),
    replier: {
      answer: (route, _client, nonce, { ok, payload }) => {
        const { obeyed } = JSON.parse(new TextDecoder().decode(payload));
        answers.push(`${nonce - 100} ${ok ? "obeyed" : `refused after ${obeyed}`} on ${route}`);
      },
    },
    onActivation: (active) => void told.push(active),
  });
  /** Its nonce is 100 above its order unless given. */
  const send = (order: number, active: boolean, { replica = "r1", route = "a", now = 0, nonce = 100 + order } = {}) =>
    operator.serve({ kind: "SetActive", replica: replicaId(replica), active, order, nonce }, route, now);
  return { send, answers, told, disk };
}

Deno.test("a command is obeyed and answered once; its replay is neither, on whatever route", () => {
  const { send, answers, told } = operatorLab();
  assertEquals([send(5, false), send(5, false), send(5, false, { route: "thief" })], [null, "replay", "replay"]);
  assertEquals([answers, told], [["5 obeyed on a"], [false]]);
});

Deno.test("an old command, or one for another replica, is refused with a signed answer once, and its replay with none", () => {
  const { send, answers, told } = operatorLab();
  send(5, false);
  assertEquals([send(4, true), send(4, true)], ["refused", "replay"]);
  assertEquals([send(9, true, { replica: "r2" }), send(9, true, { replica: "r2" })], ["refused", "replay"]);
  assertEquals([answers, told], [["5 obeyed on a", "4 refused after 5 on a", "9 refused after 5 on a"], [false]]);
  assertEquals([send(9, true), told], [null, [false, true]]);
});

Deno.test("with more old commands than are remembered, refusals are rated; a new one is obeyed all the same", () => {
  const { send, answers } = operatorLab();
  const { commandsRemembered, refusalBurst, refusalsPerSecond } = INGRESS_LIMITS;
  send(1_000_000, false);
  for (let round = 0; round < 3; round++) for (let i = 0; i < 2 * commandsRemembered; i++) send(i, true);
  assertEquals(answers.length, 1 + refusalBurst);
  assertEquals(send(commandsRemembered * 2, true), "rate");
  assertEquals(send(1_000_001, true), null);
  assertEquals(send(commandsRemembered * 2, true, { now: 1000 / refusalsPerSecond }), "refused");
});

Deno.test("while the disk refuses, a command is refused with an answer; another one is obeyed once it is back", () => {
  const { send, answers, told, disk } = operatorLab();
  disk.refused = true;
  assertEquals([send(5, false), told], ["refused", []]);
  disk.refused = false;
  assertEquals([send(6, false), told], [null, [false]]);
  assertEquals(answers, ["5 refused after 0 on a", "6 obeyed on a"]);
});
