import { assert } from "@std/assert";
import { paceOf } from "../../client/loop/fast_reads.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { INGRESS_LIMITS } from "../../replica/limits/ingress_limits.ts";

Deno.test("the pace of a client's fast reads stays within the rate of its key at replicas, and uses most of it", () => {
  const { fastReadsPerSecond, readsPerToken } = INGRESS_LIMITS;
  for (let reads = 1; reads <= LIMITS.maxGroup; reads++) {
    const tokensPerSecond = (1 + Math.floor(reads / readsPerToken)) * 1000 / paceOf(reads);
    assert(
      tokensPerSecond < fastReadsPerSecond && tokensPerSecond > 0.85 * fastReadsPerSecond,
      `${reads} reads a packet`,
    );
  }
});
