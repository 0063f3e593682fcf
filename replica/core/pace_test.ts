import { assert, assertEquals } from "@std/assert";
import { type ReplicaId, replicaId } from "./ids.ts";
import { type Bucket, takeToken } from "./pace.ts";

const PACE = { burst: 3, refillMs: 10 };
const r1 = replicaId("r1");

Deno.test("a bucket gives its burst, then one token each refill, and never more than the burst", () => {
  const buckets = new Map<ReplicaId, Bucket>();
  const taken = (now: number) => takeToken(buckets, r1, now, PACE);
  assertEquals([taken(0), taken(0), taken(0), taken(0)], [true, true, true, false]);
  assertEquals([taken(9), taken(10), taken(10), taken(25), taken(29), taken(30)], [
    false,
    true,
    false,
    true,
    false,
    true,
  ]);
  assertEquals([taken(1000), taken(1000), taken(1000), taken(1000)], [true, true, true, false]);
  assert(takeToken(buckets, replicaId("r2"), 1000, PACE), "one replica's bucket is not another's");
});
