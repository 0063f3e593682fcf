import { assert, assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "./limits.ts";
import { kthHighest, quorumOf } from "./quorum.ts";

Deno.test("§1.1 sizes at n = 4, 5, 6, 7: a majority is not a quorum", () => {
  assertEquals(quorumOf(4), { n: 4, f: 1, quorum: 3, weak: 2 });
  assertEquals(quorumOf(5), { n: 5, f: 1, quorum: 4, weak: 2 });
  assertEquals(quorumOf(6), { n: 6, f: 1, quorum: 4, weak: 2 });
  assertEquals(quorumOf(7), { n: 7, f: 2, quorum: 5, weak: 3 });
});

Deno.test("§1.1 sizes of other clusters, and none of no replicas or of parts of one", () => {
  const table = [1, 2, 3, 10, 13].map((n) => {
    const { f, weak, quorum } = quorumOf(n);
    return [n, f, weak, quorum];
  });
  assertEquals(table, [[1, 0, 1, 1], [2, 0, 1, 2], [3, 0, 1, 2], [10, 3, 4, 7], [13, 4, 5, 9]]);
  for (const n of [0, -1, 3.5, NaN]) {
    assertThrows(() => quorumOf(n), RangeError, `given ${n} replicas; wanted a whole number of at least 1`);
  }
});

Deno.test("§1.1 two quorums share an honest replica, and the honest alone are a quorum, for every roster", () => {
  for (let n = 1; n <= LIMITS.maxReplicas; n++) {
    const { f, quorum, weak } = quorumOf(n);
    assert(n >= 3 * f + 1, `n ${n}, f ${f}`);
    assert(2 * quorum - n >= f + 1, `two quorums of n ${n} share ${2 * quorum - n}`);
    assert(quorum <= n - f, `n ${n}: ${n - f} honest, wanted ${quorum}`);
    assertEquals(weak, f + 1);
  }
});

Deno.test("the k-th highest value counts equal values each, and is null where there are fewer than k", () => {
  assertEquals(kthHighest([3, 9, 9, 1], 2), 9);
  assertEquals(kthHighest([3, 9, 9, 1], 3), 3);
  assertEquals(kthHighest([3, 9], 3), null);
});
