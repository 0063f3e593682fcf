/** Faults of lines between replicas, and of leaders. */
import { deposeLeader, waitForAnyLeader } from "../../../../tasks/support/change_leader.ts";
import { eventually } from "../../../../tasks/support/eventually.ts";
import { delay, repeat } from "../load.ts";
import { KEYS, type Stage } from "../stage.ts";
import { CATCHES_UP, type Fault, ONE_UNHEALTHY } from "./fault.ts";

/** Lines: one that loses nothing and is late by more entries than the alert's bound, one for who is far away, and none. */
const LATE_MS = 1500;
const FAR_MS = 50;
const PATIENCE_MS = 90_000;

/** Gives replicas a line; returns what gives them whole ones again. */
function lines({ mesh }: Stage, ids: readonly string[], line: { passes?: boolean; delayMs?: number }) {
  for (const id of ids) mesh.set(id, { passes: true, delayMs: 0, ...line });
  return () => {
    for (const id of ids) mesh.set(id, { passes: true, delayMs: 0 });
    return Promise.resolve();
  };
}

const leaderOf = async ({ cluster, observer }: Stage): Promise<string> =>
  (await waitForAnyLeader(cluster, observer)).leader;

export const NETWORK_FAULTS: readonly Fault[] = [
  {
    what: "one is cut off from the others",
    alerts: ONE_UNHEALTHY,
    also: CATCHES_UP,
    begin: (stage) => Promise.resolve(lines(stage, ["r4"], { passes: false })),
  },
  {
    what: "one is far behind",
    alerts: ["BftRaftReplicaLags"],
    // While nothing has come over the late line yet.
    also: ONE_UNHEALTHY,
    async begin(stage) {
      const leader = await leaderOf(stage);
      const id = stage.cluster.ids.find((each) => each !== leader)!;
      return lines(stage, [id], { delayMs: LATE_MS });
    },
  },
  {
    what: "leaders change again and again",
    alerts: ["BftRaftLeadersChange"],
    // Who is deposed is out of office for a moment, and clients of it ask all.
    also: [
      ...ONE_UNHEALTHY,
      "BftRaftInterventions",
      "BftRaftNothingCommitted",
      "BftRaftCannotWrite",
      "BftRaftLeaderAtFault",
    ],
    begin: ({ cluster, observer, operator }) =>
      Promise.resolve(repeat(() => deposeLeader(cluster, observer, operator))),
  },
  {
    what: "a leader is as slow as it may be",
    alerts: ["BftRaftLeaderAtFault"],
    // It is put into office by deposing the others, and is out of it in time.
    also: [
      "BftRaftLeadersChange",
      "BftRaftInterventions",
      "BftRaftNothingCommitted",
      "BftRaftGatewayFails",
      ...ONE_UNHEALTHY,
    ],
    async begin(stage) {
      const { cluster, observer, operator } = stage;
      await cluster.process("r4").end();
      await stage.start("r4", "--byzantine", "slow", "--unsafe-test-faults");
      await eventually("r4 leads", async () => {
        if (await leaderOf(stage) === "r4") return true;
        await deposeLeader(cluster, observer, operator);
        return false;
      }, PATIENCE_MS);
      return async () => {
        await cluster.process("r4").end();
        await stage.start("r4");
      };
    },
  },
  {
    what: "more is offered than can be done",
    alerts: ["BftRaftOverloaded"],
    // A leader is expected to be as quick as it was before.
    also: [
      "BftRaftReplicaLags",
      "BftRaftInterventions",
      "BftRaftGatewayTurnsAway",
      "BftRaftLeaderAtFault",
      "BftRaftLeadersChange",
      "BftRaftGatewayFails",
      "BftRaftMemberMuted",
    ],
    async begin(stage) {
      const { cluster } = stage;
      const whole = lines(stage, cluster.ids, { delayMs: FAR_MS });
      const client = await cluster.client(KEYS.sender);
      const stop = Array.from({ length: 400 }, (_, i) =>
        repeat(async (turn) => {
          await client.put(`load ${i}`, new Uint8Array(4000).fill(turn), { timeoutMs: 3000 }).catch(() => delay(20));
        }));
      return async () => {
        await Promise.all(stop.map((each) => each()));
        await whole();
      };
    },
  },
];
