import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { judgeHealth } from "../../client/calls/cluster_health.ts";
import { diagnose, diagnosed } from "../../client/calls/diagnosis.ts";
import type { Json } from "../../client/calls/json_payload.ts";
import { type ReplicaStatus, STRANGER } from "../../client/calls/status_report.ts";
import { NoQuorumError, RefusedError } from "../../client/mod.ts";

const answers = (replica: string, status: { readonly [name: string]: Json }): ReplicaStatus => ({
  ...{ replica, reachable: true },
  status: { term: 4, leader: "r1", ...status },
});
const silent = (replica: string): ReplicaStatus => ({ replica, reachable: false, reason: "unreachable" });
const stranger = (replica: string): ReplicaStatus => ({ replica, reachable: false, reason: STRANGER });

const lost = { leader: null };
const alone = { ...lost, hearsQuorum: false };
const CASES: readonly (readonly [string, readonly ReplicaStatus[], string])[] = [
  [
    "two down",
    [answers("r1", alone), answers("r2", alone), silent("r3"), silent("r4")],
    "Asked for their status: r1, r2: hears no quorum of the others; r3, r4: did not answer. " +
    "A quorum of 3 of 4 is needed, 1 more: start r3 or r4, or find out why it cannot be reached from here",
  ],
  [
    "one down, one disk",
    [answers("r1", lost), answers("r2", lost), answers("r3", { storage: { state: "refused" } }), silent("r4")],
    "1 more: make room on the disk of r3, or make it writable; start r4, or find out",
  ],
  [
    "deactivated",
    [answers("r1", {}), answers("r2", {}), ...["r3", "r4"].map((id) => answers(id, { active: false }))],
    "activate r3 or r4",
  ],
  ["an election", ["r1", "r2", "r3", "r4"].map((id) => answers(id, lost)), "an election takes a moment"],
  ["over by now", ["r1", "r2", "r3", "r4"].map((id) => answers(id, {})), "A quorum follows a leader by now: try again"],
  [
    "another roster",
    ["r1", "r2", "r3", "r4"].map(stranger),
    "Is cluster.json (cluster prod) that of another cluster at the same addresses",
  ],
];

for (const [what, lines, words] of CASES) {
  Deno.test(`diagnosis: ${what}`, () => assertStringIncludes(diagnose("prod", judgeHealth(lines)), words));
}

const NO_QUORUM = new NoQuorumError("request", { replicas: 4, answered: 0, equal: 0, needed: 2, waitedMs: 100 }, true);

Deno.test("diagnosed: adds what the replicas say to a missing quorum, and leaves the warning last", async () => {
  const lines = [answers("r1", lost), answers("r2", lost), silent("r3"), silent("r4")];
  const client = { roster: { cluster: "prod" }, getStatus: () => Promise.resolve(lines) };
  const error = await assertRejects(() => diagnosed(client, Promise.reject(NO_QUORUM)), NoQuorumError);
  assertEquals([error.undecided, error.progress], [NO_QUORUM.undecided, NO_QUORUM.progress]);
  assertStringIncludes(
    error.message,
    "none of 4 replicas answered within 100 ms; wanted 2 equal answers. Asked for their status",
  );
  assertEquals(error.message.endsWith("read before you repeat it"), true);
});

Deno.test("diagnosed: other errors, results, and clients that may not ask pass unchanged", async () => {
  const client = { roster: { cluster: "prod" }, getStatus: () => Promise.reject(new Error("closed")) };
  assertEquals(await diagnosed(client, Promise.resolve(1)), 1);
  const refused = new RefusedError("malformed", "no");
  assertEquals(await assertRejects(() => diagnosed(client, Promise.reject(refused))), refused);
  assertEquals(await assertRejects(() => diagnosed(client, Promise.reject(NO_QUORUM))), NO_QUORUM);
});
