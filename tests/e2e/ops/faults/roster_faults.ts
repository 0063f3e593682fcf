/** Faults around a change of the roster: who misses it, and whom it leaves out. */
import { readKeyFile } from "../../../../crypto/keys/key_file.ts";
import type { SignedRoster } from "../../../../crypto/roster/parse_roster.ts";
import { editedRoster, revokeClient } from "../../../../crypto/roster/roster_edits.ts";
import { eventually } from "../../../../tasks/support/eventually.ts";
import { backend } from "../../../support/backends.ts";
import { signedBy } from "../../../support/rosters/sign_rosters.ts";
import { KEYS, type Stage } from "../stage.ts";
import { CATCHES_UP, type Fault, ONE_UNHEALTHY } from "./fault.ts";

const PATIENCE_MS = 60_000;
/** Latest roster of each stage. */
const latest = new WeakMap<Stage, SignedRoster>();

/** Takes a client out of the roster. */
async function revoke(stage: Stage, id: string): Promise<void> {
  const { cluster, writer } = stage;
  const before = latest.get(stage) ?? cluster.file;
  const key = await readKeyFile(`${cluster.dir}/operator.key`);
  const next = signedBy(editedRoster(before, before.roster, revokeClient(id), backend), key);
  await writer.reconfigure(next, { timeoutMs: PATIENCE_MS });
  latest.set(stage, next);
}

export const ROSTER_FAULTS: readonly Fault[] = [
  {
    what: "a replica misses a change of the roster",
    alerts: ["BftRaftEpochBehind", ...ONE_UNHEALTHY],
    also: CATCHES_UP,
    async begin(stage) {
      await stage.operator.setActive("r4", false);
      await revoke(stage, KEYS.spare);
      return () => stage.operator.setActive("r4", true);
    },
  },
  {
    what: "a gateway's key leaves the roster",
    alerts: ["BftRaftGatewayFails"],
    async begin(stage) {
      await revoke(stage, KEYS.gateway);
      return async () => {
        const { epoch } = latest.get(stage)!.roster;
        const crossed = async () => await stage.prometheus.value(`count(bft_raft_epoch == ${epoch})`);
        await eventually("all have changed", async () => await crossed() === stage.cluster.ids.length, PATIENCE_MS);
        await stage.restartGateway(KEYS.nextGateway);
      };
    },
  },
];
