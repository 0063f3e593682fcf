/** Lines of progress: now and then during a transfer, none otherwise. */
import { assertEquals } from "@std/assert";
import { digest, logIndex } from "../../protocol/ids.ts";
import type { Transfer } from "../core/catch_up/catch_up_state.ts";
import type { CoreState } from "../core/state.ts";
import type { LogFields } from "../diagnostics/logger.ts";
import { TransferProgress } from "./transfer_progress.ts";

/** A transfer of the checkpoint at `index` of which `received` chunks have arrived and two are missing. */
function transferOf(index: number, received: number): Pick<CoreState, "transfer"> {
  const transfer = {
    target: { stable: { index: logIndex(index) } },
    head: {},
    lists: [[]],
    missing: new Set([digest("a".repeat(64)), digest("b".repeat(64))]),
    sources: new Map([["r2", { request: { digests: new Set([digest("c".repeat(64))]) } }], ["r3", { request: null }]]),
    ...{ received, receivedBytes: 1000 * received },
  };
  return { transfer: transfer as unknown as Transfer };
}

Deno.test("a transfer has a line every two seconds, a new one counts anew, and none is written without one", () => {
  const lines: LogFields[] = [];
  const progress = new TransferProgress({ log: (_, event, fields) => void lines.push({ event, ...fields }) });
  const look = (at: number, state: Pick<CoreState, "transfer">) => {
    progress.look(state, at);
    return lines.length;
  };
  assertEquals(look(0, { transfer: null }), 0);
  assertEquals([look(5000, transferOf(50, 0)), look(6999, transferOf(50, 6))], [0, 0]);
  assertEquals(look(7000, transferOf(50, 7)), 1);
  assertEquals([look(7001, transferOf(50, 8)), look(8999, transferOf(50, 9))], [1, 1]);
  assertEquals(look(9000, transferOf(50, 10)), 2);
  assertEquals([look(12_000, transferOf(100, 0)), look(13_999, transferOf(100, 1))], [2, 2]);
  assertEquals(look(14_000, transferOf(100, 2)), 3);
  assertEquals(lines[1], {
    ...{ event: "state-transfer-progress", index: 50, chunks: 10, bytes: 10_000, missing: 3, askedOf: "r2" },
  });
});
